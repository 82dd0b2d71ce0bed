"""The token in our forms is signed once for each session, and opens nothing for any other."""

import re

import pytest
from flask import Flask
from itsdangerous import TimestampSigner

from tests.conftest import Cast
from tests.pages import Reader

FORM_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def test_a_session_has_one_token_on_all_of_its_pages(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though what signs them writes down the second."""
    coach, tokens = Reader(app, cast.owner), set[str]()
    for seconds, path in enumerate(("/", "/", "/coach/programmes/new", "/notices"), start=1_700_000_000):
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer, now=seconds: now)
        tokens |= tokens_on(coach, path)
    assert len(tokens) == 1


def test_each_session_has_a_token_of_its_own_which_no_other_can_use(app: Flask, cast: Cast) -> None:
    coach, other = Reader(app, cast.owner), Reader(app, cast.owner)
    of_coach, of_other = tokens_on(coach, "/"), tokens_on(other, "/")

    assert not of_coach & of_other
    statuses = [
        coach.client.post("/coach/programmes/new", data={"title": "", "csrf_token": token}).status_code
        for token in (*of_coach, *of_other)
    ]
    assert statuses == [422, 400]


def test_whoever_has_no_session_yet_gets_a_token_that_works(app: Flask) -> None:
    visitor = Reader(app)
    (token,) = tokens_on(visitor, "/auth/sign-in")
    assert visitor.client.post("/auth/sign-in", data={"csrf_token": token}).status_code == 422


def tokens_on(reader: Reader, path: str) -> set[str]:
    return set(FORM_TOKEN.findall(reader.client.get(path).text))
