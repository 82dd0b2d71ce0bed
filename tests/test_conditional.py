"""ETags of pages: whoever has the page already is told that it is still true, and nothing more."""

import re

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.models import Programme
from tests.callers import Shelf
from tests.conftest import Cast
from tests.pages import Reader

FORM_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@pytest.mark.parametrize("path", ["/", "/coach/", "/account/", "/coach/programmes/new"])
def test_a_page_that_did_not_change_is_not_sent_again(coach: Reader, shelf: Shelf, path: str) -> None:
    shelf.add()
    page = coach.client.get(path)
    again = _ask_again(coach, path, page)
    assert (page.status_code, again.status_code, again.data) == (200, 304, b"")
    assert again.headers["ETag"] == page.headers["ETag"]
    assert page.headers["Cache-Control"] == again.headers["Cache-Control"] == "private, no-cache"


def test_a_page_that_changed_is_sent(app: Flask, coach: Reader, shelf: Shelf) -> None:
    shelf.add()
    page = coach.client.get("/")
    with app.app_context():
        db.session.execute(update(Programme).values(title="Another"))
        db.session.commit()
    again = _ask_again(coach, "/", page)
    assert again.status_code == 200
    assert "Another" in again.get_data(as_text=True)


def test_the_form_in_a_page_that_was_not_sent_again_still_works(coach: Reader) -> None:
    page = coach.client.get("/coach/programmes/new")
    token = FORM_TOKEN.search(page.get_data(as_text=True))
    assert token
    assert _ask_again(coach, "/coach/programmes/new", page).status_code == 304
    fields = {"title": "", "csrf_token": token[1]}
    assert "Give the programme a title" in coach.client.post("/coach/programmes/new", data=fields).text


def test_a_session_is_sent_its_own_page_with_its_own_forms(app: Flask, cast: Cast, coach: Reader) -> None:
    of_one = coach.client.get("/account/")
    assert _ask_again(Reader(app, cast.owner), "/account/", of_one).status_code == 200


def test_what_is_no_whole_page_is_not_kept_at_all(coach: Reader) -> None:
    for answer in (coach.client.get("/nothing-here"), coach.client.post("/coach/programmes/new")):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers


def test_signing_out_has_the_browser_forget_the_pages_it_kept(coach: Reader) -> None:
    coach.get("/account/")
    assert coach.post("/auth/sign-out").answer.headers["Clear-Site-Data"] == '"cache"'


def _ask_again(reader: Reader, path: str, page: TestResponse) -> TestResponse:
    return reader.client.get(path, headers={"If-None-Match": page.headers["ETag"]})


@pytest.fixture
def coach(app: Flask, cast: Cast) -> Reader:
    return Reader(app, cast.owner)
