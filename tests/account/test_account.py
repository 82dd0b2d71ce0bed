"""One's own page: who one is, and where one is signed in."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import User, UserSession
from tests.callers import Api
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.pages import Page, Reader, words
from tests.queries import queries_of

PLACE, DAY = "/account", "2 March 2026"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0.0.0 Mobile Safari/537.36"


def test_the_name_above_leads_to_one_s_own_page(reader: Reader) -> None:
    assert words(reader.get("/coach/").one(f"a[href^='{PLACE}']")) == "Olive Owner"

    page = reader.get(PLACE)

    assert (page.status, page.heading) == (200, "Your account")
    assert "Name Olive Owner E-mail olive-owner@example.com" in page.text


@pytest.mark.parametrize("place", [PLACE, f"{PLACE}/"])
def test_it_is_found_with_and_without_a_slash(reader: Reader, place: str) -> None:
    assert reader.get(place).status == 200


def test_every_session_is_told_by_browser_network_and_time(
    app: Flask, reader: Reader, cast: Cast, clock: StoppedClock
) -> None:
    clock.advance(hours=1)
    sign_in_with(app, cast.owner, ANDROID)
    sign_in_with(app, cast.viewer, "")

    shown = [words(row) for row in reader.get(PLACE).all(".session")]

    assert shown == [
        f"Chrome on Android Signed in {DAY}, 13:00 UTC from 127.0.0.x Last used {DAY}, 13:00 UTC End session",
        f"Another program This one Signed in {DAY}, 12:00 UTC from 127.0.0.x Last used {DAY}, 12:00 UTC",
    ]


def test_one_session_can_be_ended(app: Flask, reader: Reader, cast: Cast) -> None:
    other, kept = Reader(app, cast.owner), Reader(app, cast.owner)
    page = reader.get(PLACE)
    action = str(page.all(".session form")[1]["action"])

    assert reader.post(action).location == "/account/"

    assert "That session has ended." in reader.get(PLACE).text
    assert [one.get("/coach/").status for one in (reader, other, kept)] == [200, 302, 200]


def test_somebody_else_s_session_can_t_be_ended(app: Flask, reader: Reader, cast: Cast) -> None:
    victim = Reader(app, cast.admin)
    reader.get(PLACE)

    for number in (session_ids(app, cast.admin)[0], 999999, 2**63 - 1):
        assert reader.post(f"{PLACE}/sessions/{number}/end").status == 303

    assert victim.get("/admin/").status == 200


def test_a_session_s_number_beyond_all_rows_ends_nothing(reader: Reader) -> None:
    reader.get(PLACE)

    assert reader.post(f"{PLACE}/sessions/{2**70}/end").status == 303


def test_signing_out_everywhere_ends_all_but_this_session_and_voids_all_tokens(
    app: Flask, reader: Reader, cast: Cast, api: Api
) -> None:
    others, stranger = [Reader(app, cast.owner) for _ in range(2)], Reader(app, cast.viewer)
    pair, strangers_pair = api.new_pair("owner"), api.new_pair("viewer")
    reader.get(PLACE)

    assert reader.post(f"{PLACE}/sign-out-everywhere").status == 303

    assert [one.get("/").status for one in (reader, *others, stranger)] == [200, 302, 302, 200]
    assert statuses_of(api, pair) == [401, 401]
    assert statuses_of(api, strangers_pair) == [200, 200]
    assert statuses_of(api, api.new_pair("owner")) == [200, 200]


def test_many_sessions_are_paged(app: Flask, reader: Reader, cast: Cast) -> None:
    add_sessions(app, cast.owner, 20)

    first = reader.get(PLACE)
    second = reader.get(str(first.one("a[rel=next]")["href"]))

    assert [len(page.all(".session")) for page in (first, second)] == [12, 9]
    assert not second.all("a[rel=next]")
    assert "The list ends here." in reader.get(f"{PLACE}?cursor=1").text


@pytest.mark.parametrize("cursor", ["noise", "0", "-1", "9" * 30])
def test_with_a_bad_cursor_the_list_begins_anew(reader: Reader, cursor: str) -> None:
    assert len(reader.get(f"{PLACE}?cursor={cursor}").all(".session")) == 1


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_two_queries_however_many_sessions_there_are(
    app: Flask, reader: Reader, cast: Cast, count: int
) -> None:
    add_sessions(app, cast.owner, count)

    with queries_of(app) as sent:
        reader.get(PLACE)

    assert len(sent) == 2, sent


def sign_in_with(app: Flask, user: User, user_agent: str) -> Page:
    reader = Reader(app)
    reader.client.environ_base["HTTP_USER_AGENT"] = user_agent
    reader.get("/auth/sign-in")
    return reader.post("/auth/sign-in", email=user.email, password=PASSWORD)


def add_sessions(app: Flask, user: User, count: int) -> None:
    with app.app_context():
        for number in range(count):
            values: dict[str, Any] = {"device": "Firefox", "address": "", "created_at": NOON, "last_seen_at": NOON}
            db.session.add(UserSession(token_hash=f"{number:064}", user_id=user.id, **values))
        db.session.commit()


def session_ids(app: Flask, user: User) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(select(UserSession.id).where(UserSession.user_id == user.id)))


def statuses_of(api: Api, pair: dict[str, str]) -> list[int]:
    """What an access token and a refresh token are answered."""
    access, refresh = ({"Authorization": f"Bearer {pair[each]}"} for each in ("accessToken", "refreshToken"))
    return [
        api.get("/programme", by=None, headers=access).status_code,
        api.post("/auth/token/refresh", by=None, headers=refresh).status_code,
    ]
