"""The cookie of a session is read as Flask reads it, however often it was read before."""

from collections.abc import Mapping
from datetime import timedelta
from time import time
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from portal import session_cookies

FIFTEEN_DAYS = timedelta(days=15).total_seconds()
SAID = {"_user_id": "7", "_flashes": [("info", "Saved.")]}


def test_a_cookie_says_the_same_each_time_and_the_same_as_to_flask(app: Flask) -> None:
    cookie = signed(app, SAID)
    assert read(app, cookie) == read(app, cookie) == read(app, cookie, SecureCookieSessionInterface()) == SAID


def test_what_one_request_changes_the_next_does_not_see(app: Flask) -> None:
    cookie = signed(app, SAID)
    with app.test_request_context(headers={"Cookie": f"portal_session={cookie}"}) as opened:
        opened.session["_flashes"].append(("info", "Again."))
        opened.session["_user_id"] = "8"
    assert read(app, cookie) == SAID


@pytest.mark.parametrize("place", [0, 10, -1])
def test_a_cookie_with_another_letter_says_nothing(app: Flask, place: int) -> None:
    cookie = signed(app, SAID)
    read(app, cookie)
    letters = list(cookie)
    letters[place] = "A" if letters[place] != "A" else "B"
    letters[-2] = "A" if letters[-2] != "A" else "B"  # the last letter's lowest bits count for nothing
    assert read(app, "".join(letters)) == {}


def test_a_cookie_of_another_portal_says_nothing(app: Flask) -> None:
    other = Flask("other")
    other.secret_key = "another secret key"
    assert read(app, signed(other, SAID)) == {}


@pytest.mark.parametrize("seconds", [FIFTEEN_DAYS, -60])
def test_a_cookie_that_was_read_before_still_ends_with_its_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    cookie = signed(app, SAID)
    assert read(app, cookie) == SAID
    monkeypatch.setattr(session_cookies, "time", lambda: time() + seconds)
    assert read(app, cookie) == {}


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "é.b.c"])
def test_what_is_no_cookie_of_ours_says_nothing(app: Flask, cookie: str) -> None:
    assert read(app, cookie) == {}


def signed(app: Flask, said: Mapping[str, Any]) -> str:
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    return str(serializer.dumps(dict(said)))


def read(app: Flask, cookie: str, reading: SecureCookieSessionInterface | None = None) -> dict[str, Any]:
    """What a request with this cookie finds in its session."""
    with app.test_request_context(headers={"Cookie": f"portal_session={cookie}"}) as opened:
        session = (reading or app.session_interface).open_session(app, opened.request)
        assert session is not None
        return dict(session)
