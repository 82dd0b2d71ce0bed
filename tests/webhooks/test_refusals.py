"""What is turned away at the door: 401 before the database is touched, 413, 400; the cases of the signature itself
stand in tests/mux/test_signature.py."""

import io
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from portal.models import Status, WebhookEvent
from tests.clock import NOON
from tests.queries import queries_of
from tests.webhooks.conftest import Webhook
from tests.webhooks.mux_events import asset, event, signature

BODY = event("video.asset.ready", asset("ready"), event_id="event-1")
NOW = int(NOON.timestamp())
MIB = 1024 * 1024


def header(body: bytes = BODY, *, secret: str = "whsec-new", at: int = NOW) -> str:
    return f"t={at},v1={signature(body, secret, at)}"


@pytest.mark.parametrize(
    ("case", "sent"),
    [
        ("unsigned", None),
        ("an empty signature", ""),
        ("noise", "hello"),
        ("signed with another secret", header(secret="whsec-stolen")),
        ("another body's signature", header(b"{}")),
        ("too old", header(at=NOW - 301)),
        ("from the far future", header(at=NOW + 301)),
        ("two wrong v1", f"t={NOW},v1={'0' * 64},v1={'1' * 64}"),
        ("upper-case hex", f"t={NOW},v1={signature(BODY, 'whsec-new', NOW).upper()}"),
        ("letters beyond ASCII", "t=ü,v1=é"),
    ],
)
def test_what_mux_did_not_sign_is_401_before_the_database_is_touched(
    app: Flask, webhook: Webhook, case: str, sent: str | None
) -> None:
    headers = {} if sent is None else {"Mux-Signature": sent.encode().decode("latin-1")}

    with queries_of(app) as queries, capture_logs() as logs:
        response = webhook.deliver(BODY, headers=headers)

    assert (response.status_code, response.content_type) == (401, "application/problem+json")
    assert queries == []
    (line,) = logs
    assert (line["event"], line["address"]) == ("webhook.refused", "127.0.0.1")
    assert "whsec" not in str(logs) + response.get_data(as_text=True)
    assert webhook.count(WebhookEvent) == 0


@pytest.mark.parametrize(
    ("case", "sent"),
    [
        ("the former of two secrets", header(secret="whsec-old")),
        ("two v1, one of them right", f"t={NOW},v1={'0' * 64},v1={signature(BODY, 'whsec-new', NOW)}"),
        ("the signature before the time", ",".join(reversed(header().split(",")))),
        ("exactly 300 seconds old", header(at=NOW - 300)),
    ],
)
def test_what_mux_signed_is_taken_however_the_header_is_written(webhook: Webhook, case: str, sent: str) -> None:
    assert webhook.deliver(BODY, headers={"Mux-Signature": sent}).status_code == 200


def test_a_header_s_name_has_no_case(webhook: Webhook) -> None:
    assert webhook.deliver(BODY, headers={"MUX-SIGNATURE": header()}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"\xff\xfe\x00",
        '{"id": "ünï"}'.encode("latin-1"),
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b'{"id": "event-1", "type": "video.asset.ready"}',
        b'{"id": "event-1", "type": "video.asset.ready", "data": {"status": "ready"}}',
    ],
)
def test_what_is_signed_and_yet_no_event_is_400_and_not_kept(app: Flask, webhook: Webhook, body: bytes) -> None:
    with queries_of(app) as queries, capture_logs() as logs:
        response = webhook.deliver(body)

    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert queries == []
    assert [line["event"] for line in logs] == ["webhook.unreadable"]


@pytest.mark.parametrize("says_its_length", [True, False])
def test_an_event_of_more_than_a_mebibyte_is_413_however_it_is_sent(
    app: Flask, webhook: Webhook, *, says_its_length: bool
) -> None:
    with queries_of(app) as queries:
        for size in (MIB + 1, 2 * MIB):
            response = deliver_padded(webhook, size, says_its_length=says_its_length)
            assert (response.status_code, response.content_type) == (413, "application/problem+json")
    assert queries == []


@pytest.mark.parametrize("says_its_length", [True, False])
def test_an_event_of_a_mebibyte_is_read(webhook: Webhook, *, says_its_length: bool) -> None:
    assert deliver_padded(webhook, MIB, says_its_length=says_its_length).status_code == 200


def test_whatever_content_type_it_has_the_signature_counts(webhook: Webhook) -> None:
    for content_type in (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert webhook.deliver(BODY, content_type=content_type).status_code == 200


def test_no_other_method_is_served(app: Flask) -> None:
    client = app.test_client()

    assert client.get("/webhooks/mux").status_code == 405
    assert client.put("/webhooks/mux").status_code == 405


def test_a_turned_away_event_changed_nothing(webhook: Webhook) -> None:
    product_id = webhook.programme(Status.PROCESSING)

    webhook.deliver(BODY, secret="whsec-stolen")

    assert webhook.seen(product_id).status is Status.PROCESSING


def deliver_padded(webhook: Webhook, size: int, *, says_its_length: bool) -> Any:
    body = BODY.ljust(size)
    if says_its_length:
        return webhook.deliver(body)
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    return webhook.deliver(body, data=None, input_stream=io.BytesIO(body), environ_overrides=environ)
