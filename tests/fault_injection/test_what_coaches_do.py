"""Cancelling, deleting, bringing back, beginning anew: stopped anywhere, a repeat by the client finishes the job."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from portal.api.idempotency import WORK_TIMES_OUT_AFTER
from portal.models import Status
from portal.mux.facts import DirectUpload
from tests.callers import Api
from tests.clock import StoppedClock
from tests.fault_injection.conftest import PowerCuts
from tests.mux_double import MuxDouble
from tests.webhooks.conftest import Webhook
from tests.webhooks.mux_events import ASSET_ID, UPLOAD_ID

AWAITING, PROCESSING, READY, ERRORED = Status.AWAITING_UPLOAD, Status.PROCESSING, Status.READY, Status.ERRORED
PLAYS = {"mux_asset_id": ASSET_ID, "mux_playback_id": "playback-before"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client sends, and what it may be answered when an earlier try had its effect without an answer."""

    status: Status
    method: str
    path: str
    answer: int
    when_done_before: int
    is_deleted_before: bool = False


REQUESTS = {
    "cancel an upload": Request(status=AWAITING, method="DELETE", path="/upload-url", answer=204, when_done_before=409),
    "cancel a video that is processed": Request(
        status=PROCESSING, method="DELETE", path="/upload-url", answer=204, when_done_before=409
    ),
    "delete what waits for a file": Request(
        status=AWAITING, method="DELETE", path="", answer=204, when_done_before=404
    ),
    "delete what plays": Request(status=READY, method="DELETE", path="", answer=204, when_done_before=404),
    "bring back": Request(
        status=READY,
        method="POST",
        path="/restoration",
        answer=200,
        when_done_before=404,
        is_deleted_before=True,
    ),
    "replace the video": Request(status=READY, method="POST", path="/upload-url", answer=201, when_done_before=201),
    "try again": Request(status=ERRORED, method="POST", path="/upload-url", answer=201, when_done_before=201),
    "take a fresh link": Request(status=AWAITING, method="POST", path="/upload-url", answer=201, when_done_before=201),
}


@pytest.fixture
def begin(webhook: Webhook, mux: MuxDouble, api: Api) -> Callable[[Request], str]:
    def begin_request(wanted: Request) -> str:
        plays = PLAYS if wanted.status is READY else {}
        product_id = webhook.programme(wanted.status, title="Breathing", **plays)
        mux.uploads[UPLOAD_ID] = DirectUpload(id=UPLOAD_ID, status="waiting")
        if wanted.is_deleted_before:
            assert api.send("DELETE", f"/programme/{product_id}").status_code == 204
        return product_id

    return begin_request


@pytest.mark.parametrize("name", REQUESTS)
def test_a_repeat_finishes_what_was_begun_wherever_the_process_was_stopped(
    name: str, cuts: PowerCuts, begin: Callable[[Request], str], api: Api, clock: StoppedClock
) -> None:
    wanted = REQUESTS[name]

    def send(product_id: str) -> int:
        path, headers = f"/programme/{product_id}{wanted.path}", {"Idempotency-Key": "key-1"}
        return api.send(wanted.method, path, headers=headers).status_code

    product_id = begin(wanted)
    points = cuts.rehearse(lambda: send(product_id))
    undisturbed = cuts.kept()

    for point in points:
        cuts.forget()
        product_id = begin(wanted)
        cuts.strike(point, lambda product_id=product_id: send(product_id))  # type: ignore[misc]
        clock.at += WORK_TIMES_OUT_AFTER
        assert send(product_id) in {wanted.answer, wanted.when_done_before}, f"stopped at {point}"
        assert cuts.kept() == undisturbed, f"stopped at {point}"
