"""Misbehaviour on demand: each fault does what it says, and ends when told."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local_mux.running import WEBHOOK_SECRET, LocalMux, eventually
from tests.local_mux.webhook_receiver import Received, WebhookReceiver

PATH = "/_local/faults"
NONE = {
    "webhooks": {"drop": 0.0, "duplicate": 0, "delaySeconds": [0.0, 0.0], "shuffle": False, "forge": False},
    "api": {"latencySeconds": 0.0, "failNext": 0, "failRate": 0.0, "status": 500},
}


def is_signed(webhook: Received) -> bool:
    timestamp, signature = (part.partition("=")[2] for part in webhook.signature.split(","))
    signed = f"{timestamp}.".encode() + webhook.body
    return hmac.compare_digest(signature, hmac.new(WEBHOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest())


def deliveries(mux: LocalMux, upload: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = mux.call("GET", f"/_local/deliveries?object_id={upload['id']}")[1]["data"]
    return found


def test_faults_are_ordered_shown_and_ended(faulty: LocalMux) -> None:
    assert faulty.call("GET", PATH) == (200, NONE)
    assert faulty.call("PUT", PATH, {"webhooks": {"drop": 0.5}})[0] == 200
    assert faulty.call("GET", PATH)[1]["webhooks"]["drop"] == 0.5
    assert faulty.call("PUT", PATH, {"api": {"latencySeconds": 0.1}})[1]["webhooks"] == NONE["webhooks"]
    assert faulty.call("DELETE", PATH) == (204, None)
    assert faulty.call("GET", PATH) == (200, NONE)


@pytest.mark.parametrize(
    ("faults", "field"),
    [
        ({"webhooks": {"drop": 1.1}}, "webhooks.drop"),
        ({"webhooks": {"duplicate": -1}}, "webhooks.duplicate"),
        ({"webhooks": {"duplicate": "2"}}, "webhooks.duplicate"),
        ({"webhooks": {"delaySeconds": [1]}}, "webhooks.delaySeconds"),
        ({"webhooks": {"delaySeconds": [2, 1]}}, "delaySeconds"),
        ({"webhooks": {"shuffle": 1}}, "webhooks.shuffle"),
        ({"webhooks": {"lose": 1}}, "webhooks.lose"),
        ({"api": {"latencySeconds": -1}}, "api.latencySeconds"),
        ({"api": {"failNext": 1.5}}, "api.failNext"),
        ({"api": {"failRate": 1.1}}, "api.failRate"),
        ({"api": {"status": 200}}, "api.status"),
        ({"network": {}}, "network"),
        (b"nonsense", "body"),
    ],
)
def test_a_bad_order_is_refused_by_name(faulty: LocalMux, faults: object, field: str) -> None:
    status, answer = faulty.call("PUT", PATH, faults)
    assert status == 400
    assert field in answer["error"]["messages"][0]
    assert faulty.call("GET", PATH) == (200, NONE)


def test_dropped_webhooks_never_arrive(faulty: LocalMux, own_receiver: WebhookReceiver) -> None:
    faulty.call("PUT", PATH, {"webhooks": {"drop": 1}})
    lost = faulty.create_upload()
    eventually(lambda: [each["status"] for each in deliveries(faulty, lost)] == ["lost"])

    faulty.call("DELETE", PATH)
    heard = faulty.create_upload()
    own_receiver.wait_for("video.upload.created", heard["id"])
    assert own_receiver.about(lost["id"]) == []


def test_duplicated_webhooks_carry_the_same_event(faulty: LocalMux, own_receiver: WebhookReceiver) -> None:
    faulty.call("PUT", PATH, {"webhooks": {"duplicate": 2}})
    upload = faulty.create_upload()
    own_receiver.wait(lambda: len(own_receiver.about(upload["id"])) == 3)
    assert len({each.event["id"] for each in own_receiver.about(upload["id"])}) == 1


def test_delayed_webhooks_come_late(faulty: LocalMux, own_receiver: WebhookReceiver) -> None:
    faulty.call("PUT", PATH, {"webhooks": {"delaySeconds": [0.4, 0.6]}})
    upload = faulty.create_upload()
    answered_at = time.time()
    assert 0.3 < own_receiver.wait_for("video.upload.created", upload["id"]).at - answered_at < 3


def test_shuffled_webhooks_come_out_of_order(faulty: LocalMux, own_receiver: WebhookReceiver) -> None:
    faulty.call("PUT", PATH, {"webhooks": {"shuffle": True}})
    sent = [faulty.create_upload()["id"] for _ in range(10)]
    own_receiver.wait(lambda: len(own_receiver.received) == len(sent))
    came = [each.event["object"]["id"] for each in own_receiver.received]
    assert came != sent
    assert sorted(came) == sorted(sent)


def test_forged_webhooks_contradict_the_true_ones_under_a_wrong_signature(
    faulty: LocalMux, own_receiver: WebhookReceiver
) -> None:
    faulty.call("PUT", PATH, {"webhooks": {"forge": True}})
    upload = faulty.create_upload()
    own_receiver.wait(lambda: len(own_receiver.about(upload["id"])) == 2)
    by_truth = {is_signed(each): each for each in own_receiver.about(upload["id"])}
    assert by_truth[True].type == "video.upload.created"
    assert by_truth[False].type == "video.upload.cancelled"
    assert by_truth[False].event["id"] != by_truth[True].event["id"]


def test_the_next_calls_fail_and_no_more(faulty: LocalMux) -> None:
    faulty.call("PUT", PATH, {"api": {"failNext": 2, "status": 503}})
    assert [faulty.call("GET", "/video/v1/assets")[0] for _ in range(3)] == [503, 503, 200]
    assert faulty.call("GET", PATH)[1]["api"]["failNext"] == 0


def test_a_share_of_the_calls_fails(faulty: LocalMux) -> None:
    def statuses(rate: float, calls: int) -> set[int]:
        faulty.call("PUT", PATH, {"api": {"failRate": rate, "status": 503}})
        return {faulty.call("GET", "/video/v1/assets")[0] for _ in range(calls)}

    assert statuses(1, 5) == {503}
    assert statuses(0, 5) == {200}
    assert statuses(0.5, 64) == {200, 503}
    assert faulty.call("GET", PATH)[1]["api"]["failNext"] == 0


def test_calls_take_longer(faulty: LocalMux) -> None:
    faulty.call("PUT", PATH, {"api": {"latencySeconds": 0.3}})
    began_at = time.monotonic()
    faulty.call("GET", "/video/v1/assets")
    assert time.monotonic() - began_at >= 0.3


@pytest.fixture(scope="module")
def faulty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalMux, WebhookReceiver]]:
    receiver = WebhookReceiver()
    server = LocalMux(tmp_path_factory.mktemp("faulty"), receiver.url).start()
    yield server, receiver
    server.stop()
    receiver.close()


@pytest.fixture
def faulty(faulty_server: tuple[LocalMux, WebhookReceiver]) -> Iterator[LocalMux]:
    """A server that behaves at the start of each test."""
    server, receiver = faulty_server
    receiver.received.clear()
    yield server
    server.call("DELETE", PATH)


@pytest.fixture
def own_receiver(faulty_server: tuple[LocalMux, WebhookReceiver]) -> WebhookReceiver:
    return faulty_server[1]
