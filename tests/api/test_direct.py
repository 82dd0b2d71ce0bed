"""The list and one programme, answered before Flask is asked: told in the very words of the views behind."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from portal.api.direct import DirectAnswers
from portal.extensions import db
from portal.models import Programme, RefreshFamily, Status, User
from tests.callers import EVERYBODY, Api, Shelf
from tests.clock import NOON
from tests.queries import queries_of

READY: dict[str, Any] = {"mux_asset_id": "as01", "mux_playback_id": "pb01", "duration_seconds": 95}
QUERIES = ("", "limit=1", "limit=2&featured=true", "q=two", "tag=a+b", "premium=false", "tag=%C3%A9t%C3%A9")
BAD_QUERIES = ("limit=0", "limit=101", "colour=red", "cursor=x", "q=%ff", "limit=1&limit=x&color=1")

Views = Callable[[], None]


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_programme_is_told_as_the_view_tells_it(
    api: Api, some_programmes: list[str], through_views_alone: Views, who: str, prefix: str
) -> None:
    paths = [f"{prefix}/programme/{product_id}" for product_id in (*some_programmes, str(uuid.uuid4()))]
    direct = [_told(api.get(path, by=who)) for path in paths]
    through_views_alone()
    assert direct == [_told(api.get(path, by=who)) for path in paths]


@pytest.mark.usefixtures("some_programmes")
@pytest.mark.parametrize("who", EVERYBODY)
def test_a_list_is_told_as_the_view_tells_it(api: Api, through_views_alone: Views, who: str) -> None:
    paths = [f"/programme?{query}" for query in (*QUERIES, *BAD_QUERIES)]
    direct = [_told(api.get(path, by=who)) for path in (*paths, *paths)]  # each once made, once kept
    through_views_alone()
    assert direct == [_told(api.get(path, by=who)) for path in (*paths, *paths)]


def test_one_programme_costs_one_query(app: Flask, api: Api, some_programmes: list[str]) -> None:
    api.token_of("viewer")
    with queries_of(app) as sent:
        assert api.get(f"/programme/{some_programmes[0]}", by="viewer").status_code == 200
    assert len(sent) == 1


def test_a_list_costs_two_queries_and_one_where_nothing_was_committed_since(
    app: Flask, api: Api, shelf: Shelf, some_programmes: list[str]
) -> None:
    api.token_of("viewer")
    assert _costs(app, api) == 2
    assert _costs(app, api) == 1
    shelf.add(**READY | {"mux_asset_id": "as02", "mux_playback_id": "pb02"}, is_published=True)
    assert _costs(app, api) == 2
    assert some_programmes


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(update(Programme).values(title="Another"), id="a title"),
        pytest.param(update(Programme).values(is_published=False), id="a publication"),
        pytest.param(update(User).values(name="Renamed"), id="a coach's name"),
    ],
)
def test_what_was_committed_elsewhere_stands_in_the_next_list(
    app: Flask, api: Api, some_programmes: list[str], change: Any
) -> None:
    before = api.get("/programme", by="viewer").get_json()
    assert api.get("/programme", by="viewer").get_json() == before
    with app.app_context():
        db.session.execute(change)
        db.session.commit()
    assert api.get("/programme", by="viewer").get_json() != before
    assert some_programmes


@pytest.mark.usefixtures("some_programmes")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(update(User).values(is_enabled=False), id="the account is disabled"),
        pytest.param(update(User).values(token_version=User.token_version + 1), id="tokens are void"),
        pytest.param(update(RefreshFamily).values(ended_at=NOON), id="the family has ended"),
    ],
)
def test_a_void_token_opens_nothing_from_the_next_call_on(app: Flask, api: Api, change: Any) -> None:
    assert api.get("/programme", by="viewer").status_code == 200
    with app.app_context():
        db.session.execute(change)
        db.session.commit()
    assert api.get("/programme", by="viewer").status_code == 401


@pytest.mark.usefixtures("some_programmes")
def test_a_list_that_is_kept_is_not_told_to_whom_it_would_tell_too_much(api: Api) -> None:
    told = {who: _told_with_ids(api, who) for who in ("admin", "viewer", "owner", "other_coach", "member")}
    assert told == {
        "admin": {"One", "Two", "Three"},
        "viewer": set(),
        "owner": {"One", "Two"},
        "other_coach": {"Three"},
        "member": set(),
    }


class TestConditionalRequests:
    def test_an_answer_that_is_known_already_is_not_sent_again(self, api: Api, some_programmes: list[str]) -> None:
        for path in ("/programme", f"/programme/{some_programmes[0]}"):
            etag = api.get(path, by="viewer").headers["ETag"]
            again = api.get(path, by="viewer", headers={"If-None-Match": f'"other", W/{etag}'})
            assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
            assert "Content-Length" not in again.headers

    def test_another_answer_is_sent(self, app: Flask, api: Api, some_programmes: list[str]) -> None:
        path = f"/programme/{some_programmes[0]}"
        etag = api.get(path, by="viewer").headers["ETag"]
        with app.app_context():
            db.session.execute(update(Programme).values(title="Another"))
            db.session.commit()
        assert api.get(path, by="viewer", headers={"If-None-Match": etag}).get_json()["title"] == "Another"

    def test_it_is_kept_by_the_asking_program_alone_and_checked_each_time(
        self, api: Api, some_programmes: list[str]
    ) -> None:
        assert some_programmes
        assert api.get("/programme", by="viewer").headers["Cache-Control"] == "private, no-cache"


def _costs(app: Flask, api: Api) -> int:
    with queries_of(app) as sent:
        assert api.get("/programme", by="viewer").status_code == 200
    return len(sent)


def _told_with_ids(api: Api, who: str) -> set[str]:
    items = api.get("/programme", by=who).get_json()["items"]
    return {item["title"] for item in items if "muxAssetId" in item}


def _told(answer: TestResponse) -> tuple[int, Any, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in {"Vary", "Content-Length"}}
    return answer.status_code, json.loads(answer.data), headers


@pytest.fixture
def some_programmes(shelf: Shelf) -> list[str]:
    """One for all, a featured one for members, another coach's draft, one that failed, a deleted one."""
    return [
        shelf.add(**READY, title="One", tags=["a b"], is_published=True),
        shelf.add(title="Two", is_published=True, is_premium=True, is_featured=True, tags=["été"]),
        shelf.add(owner="other_coach", title="Three"),
        shelf.add(Status.ERRORED, title="Four", error_type="invalid_input", error_message="No video."),
        shelf.add(title="Five", is_published=False, published_at=None, deleted_at=NOON - timedelta(days=1)),
    ]


@pytest.fixture
def through_views_alone(monkeypatch: pytest.MonkeyPatch) -> Views:
    """Switches the direct answers off."""
    return lambda: monkeypatch.setattr(DirectAnswers, "_answer", lambda *_: None)
