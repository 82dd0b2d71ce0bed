"""Sessions of the pages: what is kept of them, and everything that ends one."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.auth import views
from portal.extensions import db
from portal.models import User, UserSession
from portal.people.sessions import end_sessions
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.pages import Reader
from tests.queries import queries_of

MINUTE = timedelta(minutes=1)


def test_signing_in_keeps_a_row_from_which_nobody_can_sign_in(app: Flask, cast: Cast) -> None:
    reader = Reader(app, cast.viewer)

    (row,) = sessions_of(app, cast.viewer)
    with reader.client.session_transaction() as cookie:
        secret = str(cookie["session_token"])
    assert len(secret) >= 43
    assert len(row.token_hash) == 64
    assert secret not in row.token_hash
    assert (row.created_at, row.last_seen_at, row.ended_at) == (NOON, NOON, None)
    assert (row.address, row.device) == ("127.0.0.x", "Another program")


def test_a_page_finds_account_and_session_with_one_query(app: Flask, cast: Cast) -> None:
    reader = Reader(app, cast.viewer)

    with queries_of(app) as sent:
        reader.get("/nowhere")

    assert len(sent) == 1, sent
    assert "JOIN user_session" in sent[0]


def test_signing_out_ends_the_session_in_the_database_so_that_a_copied_cookie_opens_nothing(
    app: Flask, cast: Cast
) -> None:
    reader = Reader(app, cast.viewer)
    with reader.client.session_transaction() as cookie:
        copy = dict(cookie)
    reader.get("/")
    assert reader.post("/auth/sign-out").location == "/auth/sign-in"

    thief = Reader(app)
    with thief.client.session_transaction() as cookie:
        cookie.update(copy)

    assert thief.get("/").location == "/auth/sign-in?next=/"
    assert [row.ended_at for row in sessions_of(app, cast.viewer)] == [NOON]


@pytest.mark.parametrize(
    "forged",
    [
        {"session_token": None},
        {"session_token": "guess"},
        {"session_token": 5},
        {"_user_id": "{admin}"},
        {"_user_id": "0"},
        {"_user_id": ""},
        {"_user_id": None},
    ],
)
def test_a_cookie_that_does_not_fit_its_session_opens_nothing(
    app: Flask, cast: Cast, forged: dict[str, object]
) -> None:
    reader = Reader(app, cast.viewer)
    with reader.client.session_transaction() as cookie:
        for name, value in forged.items():
            if value is None:
                del cookie[name]
            else:
                cookie[name] = str(cast.admin.id) if value == "{admin}" else value

    assert reader.get("/").location == "/auth/sign-in?next=/"


def test_signing_in_begins_under_a_new_secret(app: Flask, cast: Cast) -> None:
    secrets = set()
    reader = Reader(app, cast.viewer)
    for _ in range(2):
        with reader.client.session_transaction() as cookie:
            secrets.add(cookie["session_token"])
        reader.post("/auth/sign-out")
        fresh = Reader(app, cast.viewer)
        reader.client = fresh.client

    assert len(secrets) == 2


def test_all_sessions_can_be_ended_but_one(app: Flask, cast: Cast) -> None:
    first, second, stranger = Reader(app, cast.viewer), Reader(app, cast.viewer), Reader(app, cast.owner)
    with app.app_context():
        user = db.session.merge(cast.viewer)
        newest = db.session.scalars(select(UserSession).where(UserSession.user_id == user.id)).all()[-1]
        end_sessions(user, at=NOON, but=newest)
        db.session.commit()

    assert first.get("/").status == 302
    assert second.get("/").status == 200
    assert stranger.get("/").status == 200


def test_a_session_ends_after_fourteen_days_without_a_visit(app: Flask, cast: Cast, clock: StoppedClock) -> None:
    away, back_in_time = Reader(app, cast.viewer), Reader(app, cast.viewer)

    clock.advance(days=14, seconds=-1)
    assert back_in_time.get("/").status == 200
    clock.advance(seconds=1)
    assert away.get("/").status == 302
    clock.advance(days=13)
    assert back_in_time.get("/").status == 200


@pytest.mark.parametrize(("waited", "is_written"), [(5 * MINUTE - timedelta(seconds=1), False), (5 * MINUTE, True)])
def test_the_last_visit_is_written_every_five_minutes_at_the_most(
    app: Flask, cast: Cast, clock: StoppedClock, waited: timedelta, *, is_written: bool
) -> None:
    reader = Reader(app, cast.viewer)
    clock.at += waited

    with queries_of(app) as sent:
        for _ in range(3):
            assert reader.get("/").status == 200

    assert len([each for each in sent if each.startswith("UPDATE")]) == int(is_written)
    assert [row.last_seen_at for row in sessions_of(app, cast.viewer)] == [clock.at if is_written else NOON]


def test_a_visit_that_can_t_be_noted_breaks_no_page(
    app: Flask, cast: Cast, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    reader = Reader(app, cast.viewer)
    clock.advance(minutes=6)
    monkeypatch.setattr(views, "note_visit", fail)

    assert reader.get("/").status == 200


def test_an_ended_session_is_not_seen_any_more(app: Flask, cast: Cast, clock: StoppedClock) -> None:
    reader = Reader(app, cast.viewer)
    reader.get("/")
    clock.advance(minutes=6)

    assert reader.post("/auth/sign-out").status == 302

    (row,) = sessions_of(app, cast.viewer)
    assert (row.last_seen_at, row.ended_at) == (NOON, clock.at)


def test_a_session_goes_with_its_account(app: Flask, cast: Cast) -> None:
    reader = Reader(app, cast.viewer)
    with app.app_context():
        db.session.delete(db.session.merge(cast.viewer))
        db.session.commit()

    assert reader.get("/").status == 302
    assert sessions_of(app, cast.viewer) == []


def sessions_of(app: Flask, user: User) -> list[UserSession]:
    with app.app_context():
        chosen = select(UserSession).where(UserSession.user_id == user.id).order_by(UserSession.id)
        return list(db.session.scalars(chosen))
