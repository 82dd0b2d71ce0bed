"""Webhooks: what is sent, how it is signed, and what happens when it is not heard."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from local_mux.webhooks.courier import gap_seconds
from tests.local_mux.media import Media
from tests.local_mux.running import WEBHOOK_SECRET, LocalMux, eventually, free_port
from tests.local_mux.webhook_receiver import WebhookReceiver

DAY_SECONDS = 24 * 60 * 60
ENVELOPE = (
    "type request_id object id environment data created_at attempts accessor_source accessor".split()  # noqa: SIM905
)


def test_a_video_s_life_is_told_in_order(mux: LocalMux, media: Media, receiver: WebhookReceiver) -> None:
    asset_id = mux.send(media["plain.mp4"], {"playback_policies": ["signed"], "passthrough": "lesson:42"})
    upload_id = mux.finished(asset_id)["upload_id"]
    mux.call("PATCH", f"/video/v1/assets/{asset_id}", {"passthrough": "lesson:43"})
    mux.call("DELETE", f"/video/v1/assets/{asset_id}")
    receiver.wait_for("video.asset.deleted", asset_id)

    received = receiver.about(upload_id)
    assert [each.type for each in received] == [
        "video.upload.created",
        "video.upload.asset_created",
        "video.asset.created",
        "video.asset.ready",
        "video.asset.updated",
        "video.asset.deleted",
    ]
    created, asset_created, _asset, ready, updated, deleted = [each.event["data"] for each in received]
    assert created["url"].startswith(mux.url)
    assert "url" not in asset_created
    assert (asset_created["asset_id"], asset_created["status"]) == (asset_id, "asset_created")
    assert ready["passthrough"] == "lesson:42"
    assert isinstance(ready["created_at"], int)
    assert updated["passthrough"] == "lesson:43"
    assert (deleted["id"], deleted["upload_id"]) == (asset_id, upload_id)


def test_a_webhook_has_the_shape_and_the_key_order_of_mux(ready: dict[str, Any], receiver: WebhookReceiver) -> None:
    webhook = receiver.wait_for("video.asset.created", ready["id"])
    assert list(webhook.event) == ENVELOPE
    assert webhook.event["object"] == {"type": "asset", "id": ready["id"]}
    assert webhook.event["attempts"] == []
    assert list(webhook.event["data"]) == [
        *("upload_id", "status", "playback_ids", "passthrough", "mp4_support", "meta"),
        *("master_access", "id", "created_at"),
    ]
    assert webhook.body == json.dumps(webhook.event, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_webhook_is_signed_over_its_exact_bytes(ready: dict[str, Any], receiver: WebhookReceiver) -> None:
    webhook = receiver.wait_for("video.asset.ready", ready["id"])
    timestamp, signature = (part.partition("=")[2] for part in webhook.signature.split(","))
    signed = f"{timestamp}.".encode() + webhook.body
    assert signature == hmac.new(WEBHOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert abs(int(timestamp) - webhook.at) <= 2


def test_a_webhook_leaves_at_once(mux: LocalMux, receiver: WebhookReceiver) -> None:
    delays = []
    for _ in range(5):
        upload = mux.create_upload()
        answered_at = time.time()
        delays.append(receiver.wait_for("video.upload.created", upload["id"]).at - answered_at)
    assert min(delays) < 0.05


def test_an_errored_and_a_cancelled_upload_are_told(
    mux: LocalMux, errored: dict[str, Any], receiver: WebhookReceiver
) -> None:
    told = receiver.wait_for("video.asset.errored", errored["id"]).event["data"]
    assert (told["status"], told["errors"]["type"]) == ("errored", "invalid_input")

    upload = mux.create_upload()
    mux.call("PUT", f"/video/v1/uploads/{upload['id']}/cancel")
    assert receiver.wait_for("video.upload.cancelled", upload["id"]).event["data"]["status"] == "cancelled"


def test_what_is_refused_is_sent_again_with_the_attempts_so_far_and_a_fresh_signature(
    start_mux: Callable[[str], LocalMux], own_receiver: WebhookReceiver
) -> None:
    own_receiver.answers = [500, 302]
    start_mux(own_receiver.url).create_upload()
    own_receiver.wait(lambda: len(own_receiver.received) == 3)

    first, second, third = own_receiver.received
    assert first.event["id"] == second.event["id"] == third.event["id"]
    assert [len(each.event["attempts"]) for each in (first, second, third)] == [0, 1, 2]
    attempt = second.event["attempts"][0]
    assert (attempt["response_status_code"], attempt["response_body"]) == (500, "ok")
    assert (attempt["max_attempts"], attempt["address"]) == (30, own_receiver.url)
    assert first.signature != third.signature


def test_what_nobody_heard_is_sent_after_a_restart(start_mux: Callable[[str], LocalMux]) -> None:
    port = free_port()
    mux = start_mux(f"http://127.0.0.1:{port}/webhooks/mux")
    upload = mux.create_upload()
    [delivery] = mux.call("GET", "/_local/deliveries")[1]["data"]
    eventually(lambda: mux.call("GET", "/_local/deliveries")[1]["data"][0]["attempts"])
    mux.kill()

    receiver = WebhookReceiver(port)
    mux.start()
    event = receiver.wait_for("video.upload.created", upload["id"]).event
    receiver.close()
    assert event["id"] == delivery["eventId"]
    assert event["attempts"][0]["response_status_code"] is None


def test_retries_grow_apart_and_end_after_a_day() -> None:
    gaps = [gap_seconds(attempts) for attempts in range(1, 30)]
    known = [gap for gap in gaps if gap is not None]
    assert len(known) == 29
    assert known[:4] == [1, 2, 5, 10]
    assert known == sorted(known)
    assert sum(known) == pytest.approx(DAY_SECONDS)
    assert gap_seconds(30) is None


@pytest.mark.parametrize("named_by", ["id", "eventId"])
def test_a_delivery_can_be_ordered_again(mux: LocalMux, receiver: WebhookReceiver, named_by: str) -> None:
    upload = mux.create_upload()
    receiver.wait_for("video.upload.created", upload["id"])
    path = f"/_local/deliveries?object_id={upload['id']}"
    [delivery] = eventually(lambda: [e for e in mux.call("GET", path)[1]["data"] if e["status"] == "delivered"])

    status, again = mux.call("POST", f"/_local/deliveries/{delivery[named_by]}/redeliver")
    assert (status, again["eventId"]) == (202, delivery["eventId"])
    receiver.wait(lambda: len(receiver.about(upload["id"])) == 2)
    first, second = receiver.about(upload["id"])
    assert first.event["id"] == second.event["id"]
    assert mux.call("POST", "/_local/deliveries/none/redeliver")[0] == 404
