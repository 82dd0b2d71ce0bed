"""A coach's own programmes."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.extensions import db
from portal.models import Status
from tests.clock import NOON
from tests.coach.conftest import Make
from tests.conftest import Cast
from tests.factories import make_programme
from tests.pages import Reader
from tests.queries import queries_of


def test_all_of_one_s_own_are_there_in_whatever_state_newest_first(owner: Reader, make: Make) -> None:
    made = [
        make(title=f"It is {status.value}", status=status, at=NOON + timedelta(hours=number))
        for number, status in enumerate(Status)
    ]

    page = owner.get("/coach/")

    places = [page.text.index(programme.title) for programme in reversed(made)]
    assert places == sorted(places)
    for programme in made:
        assert f"/coach/programmes/{programme.product_id}" in page.links()
    for status in ("Waiting for video", "Processing", "Ready", "Failed"):
        assert status in page.text


def test_what_others_made_is_not_there(app: Flask, owner: Reader, cast: Cast) -> None:
    with app.app_context():
        make_programme(cast.other_coach, title="Not mine")
        db.session.commit()

    assert "Not mine" not in owner.get("/coach/").text


def test_an_empty_studio_says_what_to_do_first(owner: Reader) -> None:
    page = owner.get("/coach/")

    assert page.status == 200
    assert "/coach/programmes/new" in page.links()
    assert "New programme" in page.text


def test_long_lists_are_paged(owner: Reader, make: Make) -> None:
    for number in range(30):
        make(title=f"Number {number:02}", at=NOON + timedelta(minutes=number))
    first = owner.get("/coach/")
    second = owner.get(str(first.one("a[rel=next]")["href"]))

    assert "Number 29" in first.text
    assert "Number 05" not in first.text
    assert "Number 05" in second.text
    assert not second.all("a[rel=next]")


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_three_queries_however_long_it_is(app: Flask, owner: Reader, make: Make, count: int) -> None:
    for _ in range(count):
        make()

    with queries_of(app) as sent:
        owner.get("/coach/")

    assert len(sent) == 3, sent  # the account, the programmes, and whether any was deleted


@pytest.mark.parametrize("address", ["/coach/", "/coach/programmes/new"])
def test_for_viewers_there_is_no_studio(app: Flask, cast: Cast, address: str) -> None:
    for person in (cast.viewer, cast.member):
        assert Reader(app, person).get(address).status == 404
