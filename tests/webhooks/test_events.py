"""Each event that Mux sends, from the signed bytes to the row and the line in the log."""

import io
import json
import sqlite3
import threading
from typing import Any

import pytest
from structlog.testing import capture_logs

from portal.lifecycle.hearing import Decision
from portal.lifecycle.reports import decide
from portal.models import Discard, History, Notice, Outcome, Status, WebhookEvent
from tests.clock import NOON, StoppedClock
from tests.webhooks.conftest import Webhook
from tests.webhooks.mux_events import ASSET_ID, PLAYBACK_ID, UPLOAD_ID, asset, event, upload

AWAITING, PROCESSING, READY, ERRORED = Status


@pytest.mark.parametrize(
    ("before", "kind", "data", "after"),
    [
        (AWAITING, "video.upload.asset_created", upload("asset_created", asset_id=ASSET_ID), PROCESSING),
        (AWAITING, "video.asset.created", asset("preparing"), PROCESSING),
        (AWAITING, "video.upload.cancelled", upload("cancelled"), ERRORED),
        (AWAITING, "video.upload.errored", upload("errored"), ERRORED),
        (PROCESSING, "video.asset.errored", asset("errored", errors={"type": "x", "messages": ["No."]}), ERRORED),
        (PROCESSING, "video.asset.ready", asset("ready"), READY),
        (PROCESSING, "video.asset.updated", asset("ready"), READY),
        (READY, "video.asset.deleted", {"id": ASSET_ID}, ERRORED),
    ],
)
def test_each_handled_type_moves_the_programme_on(
    webhook: Webhook, before: Status, kind: str, data: dict[str, Any], after: Status
) -> None:
    product_id = webhook.programme(before)

    assert webhook.outcome(event(kind, data)) == "applied"

    assert webhook.seen(product_id).status is after


def test_a_whole_life_in_the_order_that_mux_was_seen_to_keep(webhook: Webhook) -> None:
    product_id = webhook.programme()

    outcomes = [
        webhook.outcome(event("video.upload.created", upload("waiting", url="https://storage.example/x"))),
        webhook.outcome(event("video.upload.asset_created", upload("asset_created", asset_id=ASSET_ID))),
        webhook.outcome(event("video.asset.created", asset("preparing"))),
        webhook.outcome(event("video.asset.track.ready", {"id": "ta1", "type": "audio", "asset_id": ASSET_ID})),
        webhook.outcome(event("video.asset.ready", asset("ready"))),
    ]

    assert outcomes == ["unknown_type", "applied", "already_known", "kept", "applied"]
    seen = webhook.seen(product_id)
    assert (seen.status, seen.is_published, seen.duration_seconds) == (READY, True, 62)
    assert (seen.mux_asset_id, seen.mux_playback_id) == (ASSET_ID, PLAYBACK_ID)


def test_events_that_come_in_the_wrong_order_end_in_the_same_state(webhook: Webhook) -> None:
    product_id = webhook.programme()

    webhook.outcome(event("video.asset.ready", asset("ready")))
    webhook.outcome(event("video.asset.created", asset("preparing")))
    webhook.outcome(event("video.upload.asset_created", upload("asset_created", asset_id=ASSET_ID)))

    assert webhook.seen(product_id).status is READY


def test_an_event_without_a_passthrough_is_found_by_its_upload(webhook: Webhook) -> None:
    product_id = webhook.programme()
    data = asset("ready")
    assert "passthrough" not in data

    assert webhook.outcome(event("video.asset.ready", data)) == "applied"
    assert webhook.seen(product_id).status is READY


@pytest.mark.parametrize(
    ("kind", "data", "outcome"),
    [
        ("video.asset.ready", asset("ready", upload_id="up-foreign", asset_id="as-foreign"), "unknown_programme"),
        ("video.asset.ready", asset("ready", passthrough="lesson:42"), "unknown_programme"),
        (
            "video.asset.ready",
            asset("ready", passthrough="0b7c8f0e-1111-4222-8333-444455556666"),
            "unknown_programme",
        ),
        ("video.asset.ready", asset("ready", upload_id=None), "unknown_programme"),
        ("video.asset.deleted", {"id": "as-foreign"}, "unknown_programme"),
        ("video.live_stream.active", {"id": "ls01"}, "unknown_type"),
        ("video.asset.warning", {"id": ASSET_ID}, "unknown_type"),
        ("something.new", {"id": 5}, "unknown_type"),
        ("video.asset.track.ready", {"id": "tt1", "asset_id": ASSET_ID}, "kept"),
    ],
)
def test_what_concerns_no_programme_of_ours_is_kept_and_answered_200(
    webhook: Webhook, kind: str, data: dict[str, Any], outcome: str
) -> None:
    assert webhook.outcome(event(kind, data)) == outcome

    (row,) = webhook.kept()
    assert (row.type, row.outcome, row.product_id, row.applied_at) == (kind, Outcome(outcome), None, NOON)


def test_an_event_is_kept_to_the_letter_with_what_was_decided(webhook: Webhook) -> None:
    product_id = webhook.programme(PROCESSING)
    body = event("video.asset.ready", asset("ready", meta={"title": "Ünï “code”"}), event_id="event-1")

    webhook.deliver(body)

    (row,) = webhook.kept()
    assert row.payload.encode() == body
    assert (row.mux_event_id, row.type, row.environment) == ("event-1", "video.asset.ready", "env01")
    assert (row.received_at, row.applied_at, row.tries) == (NOON, NOON, 1)
    assert (row.outcome, row.reason, row.error) == (Outcome.APPLIED, "The programme is ready.", None)
    assert str(row.product_id) == product_id


def test_a_delivery_that_is_repeated_is_applied_once(webhook: Webhook, clock: StoppedClock) -> None:
    product_id = webhook.programme(PROCESSING)
    body = event("video.asset.ready", asset("ready"))
    assert webhook.outcome(body) == "applied"
    history = webhook.count(History)
    clock.advance(minutes=1)

    assert webhook.outcome(body) == "applied"

    (row,) = webhook.kept()
    assert (row.tries, row.applied_at) == (1, NOON)
    assert webhook.count(History) == history
    assert webhook.seen(product_id).status is READY


def test_a_repeat_changes_nothing_that_has_happened_since(webhook: Webhook) -> None:
    product_id = webhook.programme(PROCESSING)
    ready = event("video.asset.ready", asset("ready"))
    webhook.outcome(ready)
    webhook.outcome(event("video.asset.deleted", {"id": ASSET_ID}))

    assert webhook.outcome(ready) == "applied"
    assert webhook.seen(product_id).status is ERRORED


def test_another_event_that_says_the_same_is_known_already(webhook: Webhook) -> None:
    webhook.programme(PROCESSING)

    outcomes = [webhook.outcome(event("video.asset.ready", asset("ready"))) for _ in range(2)]

    assert outcomes == ["applied", "already_known"]
    assert webhook.count(WebhookEvent) == 2


def test_mux_s_reason_reaches_the_coach(webhook: Webhook) -> None:
    product_id = webhook.programme(PROCESSING)
    errors = {"type": "invalid_input", "messages": ["The input file was not a valid video or audio file."]}

    webhook.outcome(event("video.asset.errored", asset("errored", errors=errors)))

    assert webhook.seen(product_id).error_message == errors["messages"][0]


def test_an_event_that_contradicts_what_is_known_changes_nothing(webhook: Webhook) -> None:
    product_id = webhook.programme(READY)

    assert webhook.outcome(event("video.asset.errored", asset("errored"))) == "contradicts"
    assert webhook.seen(product_id).status is READY


def test_another_asset_under_the_same_upload_is_not_believed(webhook: Webhook) -> None:
    product_id = webhook.programme(PROCESSING)

    assert webhook.outcome(event("video.asset.ready", asset("ready", asset_id="as-other"))) == "contradicts"
    assert webhook.seen(product_id).status is PROCESSING


def test_an_answer_is_the_same_whether_flask_was_asked_or_not(webhook: Webhook) -> None:
    """A body that tells no length is left to the view."""
    webhook.programme(PROCESSING)
    body = event("video.asset.ready", asset("ready"))
    telling_no_length = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}

    direct = webhook.deliver(body)
    by_flask = webhook.deliver(body, environ_overrides=telling_no_length)

    assert direct.status_code == by_flask.status_code == 200
    assert direct.data == by_flask.data
    del by_flask.headers["Vary"]  # by Cookie, of which there is none
    assert sorted(direct.headers) == sorted(by_flask.headers)


def test_each_event_is_one_line_in_the_log(webhook: Webhook) -> None:
    product_id = webhook.programme(PROCESSING)
    body = event("video.asset.ready", asset("ready"), event_id="event-1")

    with capture_logs() as logs:
        webhook.deliver(body)
        webhook.deliver(body)
        webhook.deliver(event("something.new", {}, event_id="event-2"))

    for line in logs:
        assert line.pop("milliseconds") >= 0
    assert logs == [
        {
            "event": "webhook.received",
            "log_level": "info",
            "id": "event-1",
            "type": "video.asset.ready",
            "programme": product_id,
            "outcome": "applied",
            "reason": "The programme is ready.",
            "is_repeat": False,
        },
        {
            "event": "webhook.received",
            "log_level": "info",
            "id": "event-1",
            "type": "video.asset.ready",
            "programme": product_id,
            "outcome": "applied",
            "reason": "It was applied before.",
            "is_repeat": True,
        },
        {
            "event": "webhook.received",
            "log_level": "info",
            "id": "event-2",
            "type": "something.new",
            "programme": None,
            "outcome": "unknown_type",
            "reason": "Nothing is made of this type.",
            "is_repeat": False,
        },
    ]


def test_an_event_that_we_fail_to_apply_is_kept_with_the_reason_and_asked_for_again(
    webhook: Webhook, crash: Any
) -> None:
    product_id = webhook.programme(PROCESSING)
    body = event("video.asset.ready", asset("ready"), event_id="event-1")

    with crash, capture_logs() as logs:
        response = webhook.deliver(body)

    assert response.status_code == 500
    assert response.content_type == "application/problem+json"
    assert "secret detail" not in response.get_data(as_text=True)
    (row,) = webhook.kept()
    assert (row.outcome, row.applied_at, row.tries) == (Outcome.FAILED, None, 1)
    assert row.error == "ZeroDivisionError: secret detail"
    assert row.payload.encode() == body
    assert webhook.seen(product_id).status is PROCESSING
    (line,) = logs
    assert line.pop("milliseconds") >= 0
    assert isinstance(line.pop("exc_info"), ZeroDivisionError)
    assert line == {
        "event": "webhook.failed",
        "log_level": "error",
        "id": "event-1",
        "type": "video.asset.ready",
        "programme": None,
        "outcome": "failed",
    }


def test_mux_is_to_come_again_even_where_the_failure_can_not_be_kept(
    webhook: Webhook, crash: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away, for example."""
    webhook.programme(PROCESSING)

    def fail(*_: Any, **__: Any) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    with crash, capture_logs() as logs:
        monkeypatch.setattr("portal.webhooks.reception.keep_failure", fail)
        response = webhook.deliver(event("video.asset.ready", asset("ready"), event_id="event-1"))

    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert [line["event"] for line in logs] == ["webhook.failed", "webhook.not_kept"]
    assert webhook.kept() == []


def test_a_retry_applies_what_had_failed(webhook: Webhook, clock: StoppedClock, crash: Any) -> None:
    product_id = webhook.programme(PROCESSING)
    body = event("video.asset.ready", asset("ready"))
    with crash:
        for _ in range(2):
            assert webhook.deliver(body).status_code == 500
    clock.advance(minutes=10)

    assert webhook.outcome(body) == "applied"

    (row,) = webhook.kept()
    assert (row.tries, row.error, row.outcome) == (3, None, Outcome.APPLIED)
    assert webhook.seen(product_id).status is READY


def test_what_failed_half_way_leaves_nothing_of_itself(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programme was moved already when it crashed."""
    product_id = webhook.programme(PROCESSING)

    def apply_and_crash(*arguments: Any, **options: Any) -> None:
        decide(*arguments, **options)
        raise ZeroDivisionError

    monkeypatch.setattr("portal.inbox.decide", apply_and_crash)

    assert webhook.deliver(event("video.asset.ready", asset("ready"))).status_code == 500
    assert webhook.seen(product_id).status is PROCESSING
    assert webhook.count(History) == 0


def test_the_same_event_from_many_sides_at_once_is_applied_once(webhook: Webhook) -> None:
    product_id = webhook.programme(PROCESSING)
    body = event("video.asset.ready", asset("ready"))

    outcomes = at_once([body] * 8, webhook)

    assert outcomes == [(200, "applied")] * 8
    (row,) = webhook.kept()
    assert row.tries == 1
    assert (webhook.count(History), webhook.count(Notice)) == (2, 1)  # that it is ready, and that its coach was told
    assert webhook.seen(product_id).status is READY


def test_all_events_of_a_programme_at_once_end_in_the_state_they_imply(webhook: Webhook) -> None:
    product_id = webhook.programme()
    bodies = [
        event("video.upload.asset_created", upload("asset_created", asset_id=ASSET_ID, passthrough=product_id)),
        event("video.asset.created", asset("preparing", passthrough=product_id)),
        event("video.asset.ready", asset("ready", passthrough=product_id)),
    ]

    outcomes = at_once(bodies * 2, webhook)

    assert {status for status, _ in outcomes} == {200}
    assert webhook.seen(product_id).status is READY
    assert webhook.count(WebhookEvent) == 3


def test_one_that_fails_does_not_take_down_those_that_came_with_it(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [event("video.asset.ready", asset("ready", asset_id=f"as-{number}")) for number in range(6)]
    webhook.programme(PROCESSING)

    def fail_for_one(programme: Any, attempt: Any, attempts: Any, hearing: Any) -> Decision:
        if hearing.report.asset_id == "as-3":
            raise ZeroDivisionError
        return decide(programme, attempt, attempts, hearing)

    monkeypatch.setattr("portal.inbox.decide", fail_for_one)

    outcomes = at_once(bodies, webhook)

    assert sorted(outcomes) == [(200, "contradicts")] * 5 + [(500, "")]
    assert sorted(str(row.outcome) for row in webhook.kept()) == ["contradicts"] * 5 + ["failed"]


def test_no_asset_is_given_up_by_an_event_of_the_current_attempt(webhook: Webhook) -> None:
    webhook.programme()

    webhook.outcome(event("video.asset.ready", asset("ready")))

    assert webhook.count(Discard) == 0


def test_the_events_here_are_as_compact_as_mux_s() -> None:
    body = event("video.asset.ready", asset("ready"))

    assert b": " not in body
    assert list(json.loads(body))[:2] == ["type", "request_id"]
    assert json.loads(body)["data"]["upload_id"] == UPLOAD_ID


def at_once(bodies: list[bytes], webhook: Webhook) -> list[tuple[int, str]]:
    together = threading.Barrier(len(bodies))
    outcomes: list[tuple[int, str]] = []

    def deliver(body: bytes) -> None:
        together.wait()
        response = webhook.deliver(body)
        outcomes.append((response.status_code, (response.get_json() or {}).get("outcome", "")))

    threads = [threading.Thread(target=deliver, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Any:
    """While it is open, applying any event fails."""

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret detail")

    class Crash:
        def __enter__(self) -> None:
            monkeypatch.setattr("portal.inbox.decide", fail)

        def __exit__(self, *_: object) -> None:
            monkeypatch.undo()

    return Crash()
