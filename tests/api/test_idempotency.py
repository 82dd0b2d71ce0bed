"""Idempotency-Key: a client that repeats a request, since it never saw the answer, makes one programme."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.api.idempotency import WORK_TIMES_OUT_AFTER
from portal.extensions import db
from portal.models import IdempotencyKey, Upload
from portal.mux.facts import DirectUpload
from portal.mux.gateway import CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS, MuxError, Trouble, UploadRequest
from tests.callers import Api, Shelf, fields_of, problem_of
from tests.clock import StoppedClock
from tests.mux_double import MuxDouble

CREATE = "/programme/create-upload-url"
BODY = {"title": "Breathing"}


def test_the_same_key_and_body_get_the_same_answer(api: Api, shelf: Shelf, mux: MuxDouble) -> None:
    first, second = create(api, "key-1"), create(api, "key-1")

    assert first.status_code == second.status_code == 201
    assert first.get_json() == second.get_json()
    assert (shelf.count(), len(mux.requests)) == (1, 1)


def test_the_answer_is_the_same_under_the_other_prefix_and_for_a_body_written_otherwise(api: Api, shelf: Shelf) -> None:
    first = create(api, "key-1")
    headers = {"Idempotency-Key": "key-1"}
    options: dict[str, Any] = {"headers": headers, "content_type": "application/json"}
    second = api.post(f"/api{CREATE}", data=b' { "title" :\n" Breath\\u0069ng " } ', **options)

    assert first.get_json() == second.get_json()
    assert shelf.count() == 1


def test_without_a_key_each_request_makes_a_programme(api: Api, shelf: Shelf) -> None:
    first, second = api.post(CREATE, BODY).get_json(), api.post(CREATE, BODY).get_json()

    assert first["productId"] != second["productId"]
    assert shelf.count() == 2


def test_a_key_belongs_to_one_person(api: Api, shelf: Shelf) -> None:
    answers = [create(api, "key-1", by=who).get_json() for who in ("owner", "other_coach", "admin")]

    assert len({answer["productId"] for answer in answers}) == 3


def test_another_body_under_the_same_key_is_a_conflict(api: Api, shelf: Shelf) -> None:
    create(api, "key-1")

    response = create(api, "key-1", {"title": "Sleeping"})

    assert problem_of(response, 409)["detail"] == "This Idempotency-Key was used with another body."
    assert shelf.count() == 1


def test_a_key_is_kept_for_24_hours(api: Api, shelf: Shelf, clock: StoppedClock) -> None:
    first = create(api, "key-1")
    clock.advance(hours=24, seconds=-1)
    assert create(api, "key-1").get_json() == first.get_json()

    clock.advance(seconds=1)
    assert create(api, "key-1", {"title": "Something else by now"}).status_code == 201
    assert shelf.count() == 2


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "a\tb", "é\x80"])
def test_a_key_that_is_none_is_refused_by_name(api: Api, shelf: Shelf, key: str) -> None:
    assert fields_of(create(api, key)) == ["Idempotency-Key"]
    assert shelf.is_empty()


@pytest.mark.parametrize("key", ["k", "k" * 255, "0b7c8f0e-1111-4222-8333-444455556666", '"quoted"', "é"])
def test_a_key_may_be_any_short_line(api: Api, shelf: Shelf, key: str) -> None:
    assert create(api, key).get_json() == create(api, key).get_json()
    assert shelf.count() == 1


def test_a_request_that_was_refused_has_not_used_its_key(api: Api, shelf: Shelf) -> None:
    assert create(api, "key-1", {"title": ""}).status_code == 422

    assert create(api, "key-1").status_code == 201


def test_after_mux_failed_the_key_is_free_again(api: Api, shelf: Shelf, mux: MuxDouble) -> None:
    mux.failure = MuxError(Trouble.FAILED, "Mux stumbled.")
    problem_of(create(api, "key-1"), 503)
    assert shelf.is_empty()

    mux.failure = None
    assert create(api, "key-1", {"title": "Even with another title"}).status_code == 201
    assert shelf.count() == 1


def test_a_repeat_while_the_first_request_waits_for_mux_is_told_to_come_back(
    api: Api, shelf: Shelf, mux: MuxDouble
) -> None:
    repeats: list[TestResponse] = []
    while_mux_works(mux, lambda: repeats.append(create(api, "key-1")))

    first = create(api, "key-1")

    assert problem_of(repeats[0], 409)["detail"] == "The first request with this Idempotency-Key is still at work."
    assert repeats[0].headers["Retry-After"] == "2"
    assert create(api, "key-1").get_json() == first.get_json()
    assert shelf.count() == 1


def test_what_a_first_request_left_when_it_died_is_finished_by_the_repeat(
    app: Flask, api: Api, shelf: Shelf, mux: MuxDouble, clock: StoppedClock
) -> None:
    product_id = leave_half_done(app, api)
    clock.advance(seconds=WORK_TIMES_OUT_AFTER.total_seconds() - 1)
    assert create(api, "key-1").status_code == 409

    clock.advance(seconds=1)
    response = create(api, "key-1")

    assert response.status_code == 201
    assert response.get_json() == {
        "uploadUrl": "https://mux.test/upload-2",
        "uploadId": "upload-2",
        "productId": product_id,
    }
    assert create(api, "key-1").get_json() == response.get_json()
    assert shelf.count() == 1


def test_while_a_repeat_finishes_the_work_another_one_is_told_to_come_back(
    app: Flask, api: Api, shelf: Shelf, mux: MuxDouble, clock: StoppedClock
) -> None:
    leave_half_done(app, api)
    clock.advance(seconds=WORK_TIMES_OUT_AFTER.total_seconds())
    third: list[int] = []
    while_mux_works(mux, lambda: third.append(create(api, "key-1").status_code))

    assert create(api, "key-1").status_code == 201
    assert third == [409]


def test_when_mux_fails_the_finishing_repeat_nothing_is_left_either(
    app: Flask, api: Api, shelf: Shelf, mux: MuxDouble, clock: StoppedClock
) -> None:
    leave_half_done(app, api)
    clock.advance(seconds=WORK_TIMES_OUT_AFTER.total_seconds())
    mux.failure = MuxError(Trouble.OUT_OF_REACH, "Mux did not answer")

    problem_of(create(api, "key-1"), 503)

    assert shelf.is_empty()


def test_a_first_request_that_fails_late_takes_nothing_from_the_repeat_that_was_quicker(
    api: Api, shelf: Shelf, mux: MuxDouble, clock: StoppedClock
) -> None:
    repeats: list[TestResponse] = []

    def overtake() -> None:
        clock.advance(seconds=WORK_TIMES_OUT_AFTER.total_seconds())
        repeats.append(create(api, "key-1"))
        mux.failure = MuxError(Trouble.OUT_OF_REACH, "Mux did not answer")

    while_mux_works(mux, overtake)

    assert create(api, "key-1").status_code == 503
    assert repeats[0].status_code == 201
    assert create(api, "key-1").get_json() == repeats[0].get_json()
    assert shelf.count() == 1


def test_two_requests_at_the_same_time_make_one_programme(api: Api, shelf: Shelf, mux: MuxDouble) -> None:
    api.token_of("owner")
    together = threading.Barrier(6)
    answers: list[TestResponse] = []

    def ask() -> None:
        together.wait()
        answers.append(create(api, "key-1"))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    made = [answer.get_json() for answer in answers if answer.status_code == 201]
    assert made
    assert all(answer == made[0] for answer in made)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert (shelf.count(), len(mux.requests)) == (1, 1)


def test_a_key_goes_with_its_programme(app: Flask, api: Api, shelf: Shelf) -> None:
    create(api, "key-1")

    with app.app_context():
        key = db.session.scalars(select(IdempotencyKey)).one()
        db.session.delete(db.session.get_one(Upload, key.upload_id))
        db.session.commit()
        assert db.session.scalars(select(IdempotencyKey)).all() == []


def test_the_work_is_given_longer_than_mux_may_take() -> None:
    assert timedelta(seconds=CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS) < WORK_TIMES_OUT_AFTER


def create(api: Api, key: str, body: dict[str, Any] = BODY, *, by: str = "owner") -> TestResponse:
    return api.post(CREATE, body, by=by, headers={"Idempotency-Key": key})


def while_mux_works(mux: MuxDouble, happens: Callable[[], object]) -> None:
    """Let something happen once, in a thread of its own, while the next request waits for Mux."""
    answer = mux.create_upload

    def slow_answer(request: UploadRequest) -> DirectUpload:
        mux.create_upload = answer  # type: ignore[method-assign]
        meanwhile = threading.Thread(target=happens)
        meanwhile.start()
        meanwhile.join()
        return answer(request)

    mux.create_upload = slow_answer  # type: ignore[method-assign]


def leave_half_done(app: Flask, api: Api) -> str:
    """The state in which a process that was killed while it waited for Mux leaves the database."""
    product_id: str = create(api, "key-1").get_json()["productId"]
    with app.app_context():
        upload = db.session.scalars(select(Upload)).one()
        upload.mux_upload_id = upload.url = upload.url_given_at = None
        db.session.commit()
    return product_id
