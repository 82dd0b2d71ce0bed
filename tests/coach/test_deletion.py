"""Deleting a programme by typing its title, and bringing it back."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.extensions import db
from portal.models import Programme, Status
from portal.nudge import WorkName
from tests.clock import NOON
from tests.coach.conftest import Kept, Make
from tests.conftest import Cast
from tests.factories import make_programme
from tests.pages import Reader, words
from tests.queries import queries_of

STRANGERS = ("other_coach", "viewer", "member")


@pytest.mark.parametrize("status", list(Status))
def test_the_way_to_deletion_starts_at_the_page_and_says_what_happens(
    owner: Reader, make: Make, status: Status
) -> None:
    programme = make(title="Going", status=status)
    link = owner.get(address(programme)).one("a[href$=deletion]")

    page = owner.get(str(link["href"]))

    assert page.heading == "Delete this programme"
    for told in ("Going", "at once", "7 days", "for good"):
        assert told in page.text


@pytest.mark.parametrize("typed", ["Breathing for two", "  Breathing \n for   two "])
@pytest.mark.parametrize("status", list(Status))
def test_with_its_title_typed_it_goes(
    owner: Reader, make: Make, kept: Kept, nudged: list[WorkName], *, status: Status, typed: str
) -> None:
    programme = make(title="Breathing for two", status=status)
    owner.get(address(programme, "/deletion"))

    answer = owner.post(address(programme, "/deletion"), title=typed)

    assert (answer.status, answer.location) == (303, "/coach/")
    assert kept().is_deleted
    assert nudged == [WorkName.PAY_DISCARDS]
    page = owner.get("/coach/")
    assert "“Breathing for two” is deleted." in page.text
    assert "/coach/deleted" in page.links()


@pytest.mark.parametrize("typed", ["", "breathing for two", "Breathing", "Breathing for two.", "bell \x07 rings"])
def test_with_anything_else_it_stays(owner: Reader, make: Make, kept: Kept, nudged: list[WorkName], typed: str) -> None:
    programme = make(title="Breathing for two")
    owner.get(address(programme, "/deletion"))

    page = owner.post(address(programme, "/deletion"), title=typed)

    assert (page.status, page.error_beside("Title")) == (422, "This is not the programme’s title.")
    assert not kept().is_deleted
    assert nudged == []


def test_strangers_find_nothing_and_nothing_is_done_without_the_page_s_token(
    app: Flask, cast: Cast, make: Make, kept: Kept
) -> None:
    programme = make(title="Mine")
    for person in STRANGERS:
        stranger = Reader(app, cast[person])
        stranger.get("/")
        assert stranger.get(address(programme, "/deletion")).status == 404
        assert stranger.post(address(programme, "/deletion"), title="Mine").status == 404
    its_coach = Reader(app, cast.owner)
    assert its_coach.client.post(address(programme, "/deletion"), data={"title": "Mine"}).status_code == 400
    assert not kept().is_deleted


def test_what_was_deleted_can_be_brought_back_for_a_week(owner: Reader, make: Make, kept: Kept) -> None:
    programme = make(title="Missed")
    owner.get(address(programme, "/deletion"))
    owner.post(address(programme, "/deletion"), title="Missed")

    page = owner.get("/coach/deleted")
    moments = [str(time["datetime"]) for time in page.all("main time")]
    assert moments == ["2026-03-02T12:00:00Z", "2026-03-09T12:00:00Z"]
    assert "Missed" in page.text
    action = str(page.one("form[action$=restoration]")["action"])
    answer = owner.post(action)

    assert answer.location == address(programme)
    assert (kept().is_deleted, kept().is_published) == (False, True)
    assert owner.get(address(programme)).heading == "Missed"
    assert "Nothing was deleted lately" in owner.get("/coach/deleted").text


def test_only_its_coach_and_admins_bring_back_and_only_what_was_deleted(
    app: Flask, cast: Cast, make: Make, kept: Kept
) -> None:
    programme = make(status=Status.ERRORED, deleted_at=NOON)
    for person in STRANGERS:
        stranger = Reader(app, cast[person])
        stranger.get("/")
        assert stranger.post(address(programme, "/restoration")).status == 404
    admin = Reader(app, cast.admin)
    admin.get("/")
    assert admin.client.post(address(programme, "/restoration")).status_code == 400
    assert admin.get(address(programme, "/restoration")).status == 405
    assert kept().is_deleted

    assert admin.post(address(programme, "/restoration")).status == 303
    assert admin.post(address(programme, "/restoration")).status == 404
    assert not kept().is_deleted


def test_coaches_see_what_they_deleted_and_admins_all_of_it_with_names(app: Flask, cast: Cast, make: Make) -> None:
    make(title="Of the owner", status=Status.ERRORED, deleted_at=NOON)
    with app.app_context():
        make_programme(cast.other_coach, title="Of the other", status=Status.ERRORED, deleted_at=NOON)
        db.session.commit()

    seen = {
        person: Reader(app, cast[person]).get("/coach/deleted").text for person in ("owner", "other_coach", "admin")
    }

    assert {person: "Of the owner" in text for person, text in seen.items()} == {
        "owner": True,
        "other_coach": False,
        "admin": True,
    }
    assert "Oscar Other" in seen["admin"]
    for person in ("viewer", "member"):
        assert Reader(app, cast[person]).get("/coach/deleted").status == 404


def test_the_list_has_the_last_deleted_first_and_an_end(owner: Reader, make: Make) -> None:
    for number in range(103):
        at = NOON + timedelta(minutes=number)
        make(title=f"Number {number:03}", status=Status.ERRORED, deleted_at=at)

    page = owner.get("/coach/deleted")

    titles = [words(title) for title in page.all("h2")]
    assert (titles[0], titles[-1], len(titles)) == ("Number 102", "Number 003", 100)
    assert "there may be more" in page.text


def test_where_nothing_was_deleted_there_is_no_link_to_it(owner: Reader, make: Make) -> None:
    make()

    assert "/coach/deleted" not in owner.get("/coach/").links()


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_two_queries_however_long_it_is(app: Flask, owner: Reader, make: Make, count: int) -> None:
    for _ in range(count):
        make(status=Status.ERRORED, deleted_at=NOON)

    with queries_of(app) as sent:
        owner.get("/coach/deleted")

    assert len(sent) == 2, sent


def address(programme: Programme, rest: str = "") -> str:
    return f"/coach/programmes/{programme.product_id}{rest}"
