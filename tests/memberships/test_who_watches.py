"""What membership and grants open: to whom, of which programmes, until when, and at what cost in questions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.access import may_watch
from portal.config import Settings
from portal.extensions import db
from portal.models import MembershipChange, Programme, ProgrammeGrant, Status, User
from tests.callers import Api
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.pages import Reader
from tests.queries import queries_of
from tests.signing import SIGNING_KEY

Make = Callable[..., Programme]

MOMENT = timedelta(microseconds=1)
RUNNING, ENDED = NOON + MOMENT, NOON
NEVER = datetime.max.replace(tzinfo=NOON.tzinfo)  # stands for a grant without an end
PREMIUM: dict[str, Any] = {"is_premium": True}
PEOPLE = ("owner", "other_coach", "viewer", "admin")
EDITORS = {"owner", "admin"}


@pytest.mark.parametrize("member_until", [None, ENDED, RUNNING], ids=["no member", "over", "member"])
@pytest.mark.parametrize("granted", [None, ENDED, RUNNING, NEVER], ids=["no grant", "over", "grant", "endless grant"])
@pytest.mark.parametrize(
    ("values", "is_open_to"),
    [
        ({}, {"anybody"}),
        (PREMIUM, {"member", "holder"}),
        ({**PREMIUM, "is_published": False}, set()),
        ({"is_published": False}, set()),
        ({**PREMIUM, "status": Status.PROCESSING}, None),
        ({**PREMIUM, "is_published": False, "deleted_at": NOON}, None),
    ],
    ids=["free", "premium", "premium draft", "draft", "processing", "deleted"],
)
@pytest.mark.usefixtures("in_app")
def test_the_table(
    cast: Cast,
    make: Make,
    *,
    values: dict[str, Any],
    is_open_to: set[str] | None,
    granted: datetime | None,
    member_until: datetime | None,
) -> None:
    programme = db.session.merge(make(**values))

    for name in PEOPLE:
        person = db.session.merge(cast[name])
        person.member_until = member_until
        grant(person, programme, granted)
        has = {"anybody"} | ({"member"} if member_until is RUNNING else set())
        has |= {"holder"} if granted in {RUNNING, NEVER} else set()
        expected = is_open_to is not None and (name in EDITORS or bool(has & is_open_to))
        assert may_watch(person, programme, NOON) is expected, name


def test_a_grant_opens_its_own_programme_alone_and_to_its_holder_alone(in_app: Flask, cast: Cast, make: Make) -> None:
    made = [make(**PREMIUM) for _ in range(2)]
    granted, other = (db.session.merge(each) for each in made)
    viewer, bystander = db.session.merge(cast.viewer), db.session.merge(cast.other_coach)
    grant(viewer, granted, NEVER)

    assert [may_watch(viewer, each, NOON) for each in (granted, other)] == [True, False]
    assert not may_watch(bystander, granted, NOON)


def test_page_api_refresh_and_poster_follow_the_grant_to_its_last_moment(
    app: Flask, cast: Cast, make: Make, clock: StoppedClock, settings: Settings
) -> None:
    programme, api, reader = make(is_signed=True, **PREMIUM), Api(app, cast, settings), Reader(app, cast.viewer)
    watch = f"/watch/{programme.product_id}"

    def sees() -> set[bool]:
        page, refresh = reader.client.get(watch).get_data(as_text=True), reader.client.get(f"{watch}/playback")
        answer = api.get(f"/programme/{programme.product_id}", by="viewer").get_json()
        catalogue = reader.client.get("/").get_data(as_text=True)
        return {
            "<mux-player" in page,
            refresh.status_code == 200,
            answer["playback"] is not None,
            not answer["locked"],
            "animated" in catalogue,
        }

    assert sees() == {False}
    with app.app_context():
        grant(db.session.get_one(User, cast.viewer.id), programme, NOON + timedelta(hours=1))
        db.session.commit()
    assert sees() == {True}
    clock.advance(hours=1, seconds=-1)
    assert sees() == {True}
    clock.advance(seconds=1)
    assert sees() == {False}


@pytest.mark.parametrize("count", [1, 24])
@pytest.mark.parametrize("who", ["viewer", "member", "admin"])
def test_a_page_of_premium_cards_costs_two_queries(app: Flask, cast: Cast, make: Make, *, who: str, count: int) -> None:
    reader = Reader(app, cast[who])
    for _ in range(count):
        make(is_signed=True, **PREMIUM)

    with queries_of(app) as sent:
        reader.get("/")

    assert len(sent) == 2, sent


@pytest.mark.parametrize("path", ["/", "/watch/{product_id}"])
def test_a_page_asks_once_for_all_grants_of_whoever_has_one(app: Flask, cast: Cast, make: Make, path: str) -> None:
    reader, granted = Reader(app, cast.viewer), make(is_signed=True, **PREMIUM)
    for _ in range(3):
        make(is_signed=True, **PREMIUM)
    with app.app_context():
        db.session.add(ProgrammeGrant(user_id=cast.viewer.id, product_id=granted.product_id))
        db.session.commit()

    with queries_of(app) as sent:
        assert reader.get(path.format(product_id=granted.product_id)).status == 200

    assert len(sent) == 4, sent  # the session, once by column and once as a row; the programmes; the grants


@pytest.mark.parametrize("values", [{}, PREMIUM])
def test_a_watch_page_costs_one_query(app: Flask, cast: Cast, make: Make, values: dict[str, Any]) -> None:
    reader, programme = Reader(app, cast.viewer), make(is_signed=True, **values)

    with queries_of(app) as sent:
        reader.get(f"/watch/{programme.product_id}")

    assert len(sent) == 1, sent


def test_with_an_account_go_its_grants_and_what_was_changed_stays(app: Flask, cast: Cast, make: Make) -> None:
    programme = make(**PREMIUM)
    values: dict[str, Any] = {"was_held": False, "is_held": True, "reason": "Won it", "source": "page", "at": NOON}
    with app.app_context():
        viewer = db.session.get_one(User, cast.viewer.id)
        grant(viewer, programme, NEVER)
        db.session.add(MembershipChange(user_id=viewer.id, by_id=viewer.id, product_id=programme.product_id, **values))
        db.session.commit()

        db.session.delete(viewer)
        db.session.commit()

    with app.app_context():
        kept = db.session.scalars(select(MembershipChange)).one()
        assert (kept.user_id, kept.by_id, kept.reason) == (None, None, "Won it")
        assert db.session.scalars(select(ProgrammeGrant)).all() == []


def grant(person: User, programme: Programme, until: datetime | None) -> None:
    """Give one programme until then; without an end for NEVER, not at all for None."""
    if until is not None:
        ends_at = None if until is NEVER else until
        db.session.add(ProgrammeGrant(user_id=person.id, product_id=programme.product_id, until=ends_at))
        db.session.flush()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, mux_signing_key=SIGNING_KEY)
