"""Deleting a programme, which hides it everywhere at once, and bringing it back."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Discard, Status
from portal.nudge import WorkName
from tests.callers import EVERYBODY, Api, Shelf, problem_of
from tests.clock import NOON
from tests.conftest import Cast
from tests.pages import Reader

PREFIXES = pytest.mark.parametrize("prefix", ["", "/api"])
UNKNOWN = "0b7c8f0e-1111-4222-8333-444455556666"
REFUSED = {"other_coach": 404, "viewer": 403, "member": 403, "nobody": 401}


@PREFIXES
@pytest.mark.parametrize("status", list(Status))
def test_its_coach_and_admins_may_delete_it_in_any_state(
    api: Api, shelf: Shelf, prefix: str, status: Status, nudged: list[WorkName]
) -> None:
    for who, expected in {"owner": 204, "admin": 204, **REFUSED}.items():
        product_id, by = shelf.add(status), None if who == "nobody" else who
        nudged.clear()
        answer = api.send("DELETE", f"{prefix}/programme/{product_id}", by=by)
        assert answer.status_code == expected, who
        assert shelf.row(product_id).is_deleted is (expected == 204)
        if expected == 204:
            assert (answer.get_data(), nudged) == (b"", [WorkName.PAY_DISCARDS])


@PREFIXES
@pytest.mark.parametrize("status", list(Status))
def test_its_coach_and_admins_may_bring_it_back(api: Api, shelf: Shelf, prefix: str, status: Status) -> None:
    for who, expected in {"owner": 200, "admin": 200, **REFUSED}.items():
        product_id, by = shelf.add(status, is_published=False, deleted_at=NOON), None if who == "nobody" else who
        answer = api.post(f"{prefix}/programme/{product_id}/restoration", by=by)
        assert answer.status_code == expected, who
        assert shelf.row(product_id).is_deleted is (expected != 200)


def test_what_is_not_there_can_be_neither_deleted_nor_brought_back(api: Api, shelf: Shelf) -> None:
    present, gone = shelf.add(), shelf.add(Status.ERRORED, deleted_at=NOON)

    for product_id in (UNKNOWN, gone):
        problem_of(api.send("DELETE", f"/programme/{product_id}"), 404)
    for product_id in (UNKNOWN, present):
        problem_of(api.post(f"/programme/{product_id}/restoration"), 404)


def test_it_comes_back_as_it_was(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add(title="Kept", tags=["calm"], is_featured=True)
    before = api.get(f"/programme/{product_id}", by="viewer").get_json()

    api.send("DELETE", f"/programme/{product_id}")
    told = api.post(f"/programme/{product_id}/restoration").get_json()

    assert (told["productId"], told["title"], told["isPublished"]) == (product_id, "Kept", True)
    assert api.get(f"/programme/{product_id}", by="viewer").get_json() == before
    assert len(api.get("/programme", by="viewer").get_json()["items"]) == 1


def test_a_draft_comes_back_as_a_draft(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add(is_published=False, published_at=None)

    api.send("DELETE", f"/programme/{product_id}")

    assert api.post(f"/programme/{product_id}/restoration").get_json()["isPublished"] is False


def test_an_upload_that_was_under_way_is_cancelled_and_a_video_is_kept(app: Flask, api: Api, shelf: Shelf) -> None:
    for status in Status:
        api.send("DELETE", f"/programme/{shelf.add(status)}")

    with app.app_context():
        assert [row.mux_id[:11] for row in db.session.scalars(select(Discard))] == ["upload-made"]


@pytest.mark.parametrize("status", list(Status))
def test_for_the_api_a_deleted_programme_is_not_there(api: Api, shelf: Shelf, status: Status) -> None:
    product_id = shelf.add(status)
    api.send("DELETE", f"/programme/{product_id}")

    for who in EVERYBODY:
        problem_of(api.get(f"/programme/{product_id}", by=who), 404)
        assert api.get("/programme", by=who).get_json()["items"] == []
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", "/programme/metadata", {"productId": product_id, "title": "New"}),
        ("POST", f"/programme/{product_id}/upload-url", None),
        ("DELETE", f"/programme/{product_id}/upload-url", None),
    ]
    for who in ("owner", "admin"):
        for method, path, body in calls:
            problem_of(api.send(method, path, by=who, json=body), 404)


@pytest.mark.parametrize("person", EVERYBODY)
def test_its_pages_are_not_there_either(app: Flask, api: Api, shelf: Shelf, cast: Cast, person: str) -> None:
    product_id = shelf.add(title="Gone for now", mux_playback_id="pb01secret")
    api.send("DELETE", f"/programme/{product_id}")

    reader = Reader(app, cast[person])

    for place in ("", "/status", "/history", "/deletion"):
        assert reader.get(f"/coach/programmes/{product_id}{place}").status == 404
    assert reader.get(f"/watch/{product_id}").status == 404
    for place in ("/", "/coach/", "/admin/programmes", "/coach/deleted"):
        page = reader.get(place)
        assert "pb01secret" not in page.answer.get_data(as_text=True)
        assert ("Gone for now" in page.text) is (place == "/coach/deleted" and person in {"owner", "admin"})
