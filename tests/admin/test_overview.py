"""Who gets to the admin's pages, and where they begin."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.models import Outcome, Status
from tests.admin.conftest import MakeEvent, MakeProgramme
from tests.clock import NOON
from tests.conftest import Cast
from tests.pages import Page, Reader, words
from tests.queries import queries_of

PLACES = ["/admin/", "/admin/programmes", "/admin/people", "/admin/webhooks", "/admin/mails"]
ACTIONS = ["/admin/webhooks/1/replays", "/admin/webhooks/replays"]


@pytest.mark.parametrize("person", ["owner", "viewer", "member"])
def test_for_everybody_else_there_is_nothing(app: Flask, cast: Cast, make_event: MakeEvent, person: str) -> None:
    reader = Reader(app, cast[person])
    number = make_event()
    reader.get("/")  # whose button to sign out holds a token

    for place in (*PLACES, f"/admin/webhooks/{number}"):
        assert reader.get(place).status == 404, place
    for action in ACTIONS:
        assert reader.post(action).status == 404, action
    assert "/admin/" not in reader.get("/").links()


def test_who_is_not_signed_in_is_asked_to_sign_in(app: Flask) -> None:
    for place in PLACES:
        assert Reader(app).get(place).location == f"/auth/sign-in?next={place}"


def test_admins_find_the_overview_in_the_navigation_and_the_lists_from_there(admin: Reader) -> None:
    assert "/admin/" in admin.get("/").links()

    page = admin.get("/admin/")

    assert page.heading == "Admin"
    assert set(PLACES) <= set(page.links())
    assert words(page.one("[aria-current]")) == "Admin"
    assert "None: no event has failed" in page.text


def test_it_counts_programmes_by_status_and_people_by_role(admin: Reader, make: MakeProgramme) -> None:
    for status in (Status.READY, Status.READY, Status.ERRORED):
        make(status=status)

    page = admin.get("/admin/")

    assert counts(page) == {
        "Waiting for video": "0",
        "Processing": "0",
        "Ready": "2",
        "Failed": "1",
        "Admin": "1",
        "Coach": "2",
        "Viewer": "2",
    }
    for place in ("/admin/programmes?status=ready", "/admin/people?role=COACH"):
        assert place in page.links()


def test_the_latest_events_that_failed_or_contradict_are_there_and_no_others(
    admin: Reader, make_event: MakeEvent
) -> None:
    troubling = [
        make_event(f"video.asset.kind-{number}", outcome, at=NOON + timedelta(minutes=number))
        for number, outcome in enumerate([Outcome.FAILED, Outcome.CONTRADICTS] * 3)
    ]
    fine = [make_event(outcome=outcome) for outcome in Outcome if outcome not in {Outcome.FAILED, Outcome.CONTRADICTS}]

    links = admin.get("/admin/").links()

    shown = [link for link in links if link.startswith("/admin/webhooks/")]
    assert shown == [f"/admin/webhooks/{number}" for number in troubling[:0:-1]]
    assert not {f"/admin/webhooks/{number}" for number in fine} & set(links)


@pytest.mark.parametrize("count", [1, 30])
def test_the_overview_costs_five_queries_however_much_there_is(
    app: Flask, admin: Reader, make: MakeProgramme, make_event: MakeEvent, count: int
) -> None:
    for _ in range(count):
        make_event(outcome=Outcome.FAILED, product_id=make().product_id)

    with queries_of(app) as sent:
        admin.get("/admin/")

    assert len(sent) == 5, sent


def counts(page: Page) -> dict[str, str]:
    return {words(term): words(number) for term, number in zip(page.all(".counts dt"), page.all("dd"), strict=True)}
