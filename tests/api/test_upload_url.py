"""A further upload of a programme that there is: a fresh address, another try, another video; and giving one up."""

import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt
from portal.models import Discard, DiscardKind, Status
from portal.models.programme import select_programme_for_update
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload, Fact, Report
from portal.mux.gateway import MuxError, Trouble
from portal.nudge import WorkName
from tests.api.test_idempotency import while_mux_works
from tests.callers import Api, Shelf, fields_of, problem_of
from tests.clock import NOON
from tests.conftest import Cast
from tests.mux_double import MuxDouble

AWAITING, PROCESSING, READY, ERRORED = Status
UNKNOWN = "0b7c8f0e-1111-4222-8333-444455556666"
PREFIXES = pytest.mark.parametrize("prefix", ["", "/api"])
REFUSED = {"other_coach": 404, "viewer": 403, "member": 403, "nobody": 401}


@PREFIXES
@pytest.mark.parametrize(("status", "answered"), [(AWAITING, 201), (PROCESSING, 409), (READY, 201), (ERRORED, 201)])
def test_who_is_given_a_further_address_in_which_state(
    api: Api, shelf: Shelf, prefix: str, status: Status, answered: int
) -> None:
    for who, expected in {"owner": answered, "admin": answered, **REFUSED}.items():
        product_id = shelf.add(status)
        by = None if who == "nobody" else who
        assert api.post(f"{prefix}/programme/{product_id}/upload-url", by=by).status_code == expected, who


@PREFIXES
@pytest.mark.parametrize(("status", "answered"), [(AWAITING, 204), (PROCESSING, 204), (READY, 409), (ERRORED, 409)])
def test_who_may_cancel_in_which_state(
    api: Api, shelf: Shelf, nudged: list[WorkName], *, prefix: str, status: Status, answered: int
) -> None:
    for who, expected in {"owner": answered, "admin": answered, **REFUSED}.items():
        product_id, by = shelf.add(status), None if who == "nobody" else who
        nudged.clear()
        answer = api.send("DELETE", f"{prefix}/programme/{product_id}/upload-url", by=by)
        assert answer.status_code == expected, who
        assert nudged == ([WorkName.PAY_DISCARDS] if expected == 204 else [])
        assert expected != 204 or answer.get_data() == b""


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_what_is_unknown_or_deleted_is_not_found(api: Api, shelf: Shelf, method: str) -> None:
    for product_id in (UNKNOWN, shelf.add(AWAITING, deleted_at=NOON)):
        problem_of(api.send(method, f"/programme/{product_id}/upload-url"), 404)


def test_the_first_address_is_handed_out_before_a_fresh_one_is_made(
    app: Flask, api: Api, shelf: Shelf, mux: MuxDouble
) -> None:
    product_id = shelf.add(AWAITING)
    made_before = str(current_attempt(app, product_id))
    mux.uploads[made_before] = DirectUpload(id=made_before, status="waiting")

    first, second = renew(api, product_id).get_json(), renew(api, product_id).get_json()

    assert set(first) == {"uploadUrl", "uploadId", "productId"}
    assert first["uploadUrl"].startswith("https://mux.test/made-")
    assert second == {"uploadUrl": "https://mux.test/upload-1", "uploadId": "upload-1", "productId": product_id}
    assert len(mux.requests) == 1


def test_after_a_failure_another_try_begins_and_the_words_are_kept(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add(ERRORED, title="Again", tags=["kept"])

    assert renew(api, product_id).status_code == 201

    body = api.get(f"/programme/{product_id}").get_json()
    assert (body["status"], body["error"], body["title"], body["tags"]) == ("awaiting_upload", None, "Again", ["kept"])


def test_a_video_that_plays_goes_on_playing_while_the_next_is_sent(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add(READY)
    before = api.get(f"/programme/{product_id}").get_json()

    assert renew(api, product_id).get_json()["uploadUrl"] == "https://mux.test/upload-1"

    assert api.get(f"/programme/{product_id}").get_json() == before
    assert renew(api, product_id).get_json()["uploadUrl"] == "https://mux.test/upload-2"


def test_while_the_next_video_is_processed_there_is_no_further_address(api: Api, shelf: Shelf, mux: MuxDouble) -> None:
    product_id = shelf.add(READY)
    renew(api, product_id)
    mux.uploads["upload-1"] = DirectUpload(id="upload-1", status="asset_created", asset_id="as-1")
    mux.assets["as-1"] = Report(fact=Fact.ASSET_CREATED, asset_id="as-1", upload_id="upload-1")

    for _ in range(2):  # found out by asking, then known
        assert "has arrived" in problem_of(renew(api, product_id), 409)["detail"]


def test_giving_up_the_next_video_keeps_the_old_one(api: Api, app: Flask, shelf: Shelf) -> None:
    product_id = shelf.add(READY)
    before = api.get(f"/programme/{product_id}").get_json()
    renew(api, product_id)

    assert cancel(api, product_id).status_code == 204

    assert api.get(f"/programme/{product_id}").get_json() == before
    assert discarded_uploads(app) == {"upload-1"}
    problem_of(cancel(api, product_id), 409)


def test_a_cancelled_upload_is_an_error_that_can_be_tried_again(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add(AWAITING)

    cancel(api, product_id)

    body = api.get(f"/programme/{product_id}").get_json()
    assert body["status"] == "errored"
    assert body["error"] == {"type": "cancelled", "message": "The upload was cancelled."}
    assert renew(api, product_id).status_code == 201


@pytest.mark.parametrize(
    ("trouble", "told"),
    [(Trouble.REFUSED, 502), (Trouble.CREDENTIALS, 502), (Trouble.OUT_OF_REACH, 503), (Trouble.RATE_LIMITED, 503)],
)
@pytest.mark.parametrize("status", [READY, ERRORED])
def test_when_mux_fails_all_is_as_it_was(
    app: Flask, api: Api, shelf: Shelf, mux: MuxDouble, *, status: Status, trouble: Trouble, told: int
) -> None:
    product_id = shelf.add(status)
    before, attempt = api.get(f"/programme/{product_id}").get_json(), current_attempt(app, product_id)
    mux.failure = MuxError(trouble, "No.")

    problem_of(renew(api, product_id, "key-1"), told)

    assert api.get(f"/programme/{product_id}").get_json() == before
    assert current_attempt(app, product_id) == attempt
    mux.failure = None
    assert renew(api, product_id, "key-1").status_code == 201  # the key was not used up


def test_an_address_that_is_not_wanted_any_more_once_mux_has_made_it_is_discarded(
    app: Flask, api: Api, shelf: Shelf, cast: Cast, mux: MuxDouble
) -> None:
    product_id = shelf.add(ERRORED)

    def overtake() -> None:
        with app.app_context():
            row = db.session.scalars(select_programme_for_update(shelf.row(product_id).product_id)).one()
            begin_attempt(row, db.session.merge(cast.owner), at=NOON)
            db.session.commit()

    while_mux_works(mux, overtake)

    assert "in the meantime" in problem_of(renew(api, product_id), 409)["detail"]
    assert discarded_uploads(app) == {"upload-1"}


@pytest.mark.parametrize("body", [None, {}])
def test_nothing_need_be_sent(api: Api, shelf: Shelf, body: Any) -> None:
    for path in ("upload-url", "restoration"):
        product_id = shelf.add(ERRORED, deleted_at=NOON if path == "restoration" else None)
        options: dict[str, Any] = {} if body is None else {"data": b" {} ", "content_type": "application/json"}
        assert api.send("POST", f"/programme/{product_id}/{path}", **options).status_code in {200, 201}


@pytest.mark.parametrize("path", ["upload-url", "restoration"])
def test_what_is_sent_all_the_same_is_refused_by_name(api: Api, shelf: Shelf, path: str) -> None:
    address = f"/programme/{shelf.add(ERRORED)}/{path}"

    assert fields_of(api.post(address, {"title": "New"})) == ["title"]
    problem_of(api.send("POST", address, data=b"[", content_type="application/json"), 400)
    problem_of(api.send("POST", address, data=b"title=New", content_type="text/plain"), 415)
    problem_of(api.send("POST", address, data=b" " * (64 * 1024 + 1), content_type="application/json"), 413)


@pytest.mark.parametrize("status", [AWAITING, READY, ERRORED])
def test_the_same_key_gets_the_same_address(api: Api, shelf: Shelf, status: Status) -> None:
    product_id = shelf.add(status)

    first, second = renew(api, product_id, "key-1"), renew(api, product_id, "key-1")

    assert first.status_code == second.status_code == 201
    assert first.get_json() == second.get_json()
    assert renew(api, product_id, "key-2").get_json() != first.get_json()


def test_a_key_is_for_one_request_of_one_programme(api: Api, shelf: Shelf) -> None:
    one, other = shelf.add(READY), shelf.add(READY)
    headers = {"Idempotency-Key": "key-1"}
    renew(api, one, "key-1")

    problem_of(renew(api, other, "key-1"), 409)
    problem_of(api.post("/programme/create-upload-url", {"title": one}, headers=headers), 409)


@pytest.mark.parametrize("status", [AWAITING, READY, ERRORED])
def test_the_same_key_at_the_same_time_makes_one_attempt_and_leaves_nothing_at_mux(
    app: Flask, api: Api, shelf: Shelf, mux: MuxDouble, status: Status
) -> None:
    product_id = shelf.add(status)
    if status is AWAITING:
        renew(api, product_id)  # so that a fresh address is needed
        made_before = str(current_attempt(app, product_id))
        mux.uploads[made_before] = DirectUpload(id=made_before, status="waiting")
    api.token_of("owner")
    together = threading.Barrier(4)
    answers: list[TestResponse] = []

    def ask() -> None:
        together.wait()
        answers.append(renew(api, product_id, "key-1"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.get_json()["uploadId"] for answer in answers}) == 1
    used = answers[0].get_json()["uploadId"]
    assert current_attempt(app, product_id) == used
    made = {f"upload-{number + 1}" for number in range(len(mux.requests))}
    assert made - {used} <= discarded_uploads(app)


def test_different_keys_at_the_same_time_leave_one_address_that_works(
    app: Flask, api: Api, shelf: Shelf, mux: MuxDouble
) -> None:
    product_id = shelf.add(ERRORED)
    others: list[TestResponse] = []
    while_mux_works(mux, lambda: others.append(renew(api, product_id, "key-2")))

    late = renew(api, product_id, "key-1")

    assert (others[0].status_code, late.status_code) == (201, 409)
    assert current_attempt(app, product_id) == others[0].get_json()["uploadId"]
    assert discarded_uploads(app) == {"upload-2"}


def renew(api: Api, product_id: str, key: str | None = None, *, by: str = "owner") -> TestResponse:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.post(f"/programme/{product_id}/upload-url", by=by, headers=headers)


def cancel(api: Api, product_id: str) -> TestResponse:
    return api.send("DELETE", f"/programme/{product_id}/upload-url")


def discarded_uploads(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(select(Discard.mux_id).where(Discard.kind == DiscardKind.UPLOAD)))


def current_attempt(app: Flask, product_id: str) -> str | None:
    """What Mux calls the upload of the current attempt."""
    with app.app_context():
        return db.session.scalars(select_current_upload(uuid.UUID(product_id))).one().mux_upload_id
