"""The notes of refused webhooks: a small file that may be missing or broken, and never gets in the way."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from structlog.testing import capture_logs

from portal.webhook_refusals import FILE, Refusal, WebhookRefusals
from tests.clock import NOON
from tests.queries import queries_of

SECOND = timedelta(seconds=1)


def test_what_one_process_refused_is_read_by_another(tmp_path: Path) -> None:
    WebhookRefusals(tmp_path).note("no header", NOON)

    assert WebhookRefusals(tmp_path).read() == [Refusal(at=NOON, reason="no header", seen=1)]


def test_the_file_is_written_once_in_five_seconds_and_then_holds_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [100.0]
    monkeypatch.setattr("portal.webhook_refusals.time.monotonic", lambda: seconds[0])
    refusals = WebhookRefusals(tmp_path)
    refusals.note("no header", NOON)
    written = (tmp_path / FILE).read_text()
    for number in range(1, 4):
        seconds[0] += 1
        refusals.note("no secret", NOON + number * SECOND)

    assert (tmp_path / FILE).read_text() == written
    assert [(each.reason, each.seen) for each in refusals.read()] == [("no secret", 3), ("no header", 1)]

    seconds[0] += 5
    refusals.note("no header", NOON + 9 * SECOND)
    told = [(each.reason, each.seen) for each in WebhookRefusals(tmp_path).read()]
    assert told == [("no header", 2), ("no secret", 3)]


def test_of_two_processes_the_later_refusal_is_told(tmp_path: Path) -> None:
    first, second = WebhookRefusals(tmp_path), WebhookRefusals(tmp_path)
    second.note("no header", NOON + SECOND)
    first.note("no header", NOON)

    assert [each.at for each in WebhookRefusals(tmp_path).read()] == [NOON + SECOND]
    assert [each.at for each in first.read()] == [NOON + SECOND]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"{}",
        b'[{"at": 5}]',
        b'[{"at": "2026-03-02T12:00:00", "reason": "r", "seen": 1}]',
        b'["text"]',
        b"\xff\xfe",
        b"[" * 70_000,
    ],
    ids=lambda content: str(content[:20]),
)
def test_a_broken_file_is_none_and_is_written_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    refusals = WebhookRefusals(tmp_path)
    assert refusals.read() == []

    refusals.note("no header", NOON)

    assert len(WebhookRefusals(tmp_path).read()) == 1


def test_a_file_that_can_t_be_written_is_logged_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file where the folder should be")
    refusals = WebhookRefusals(tmp_path / "instance")

    with capture_logs() as logs:
        refusals.note("no header", NOON)

    assert [line["event"] for line in logs] == ["webhook.refusal_not_noted"]
    assert len(refusals.read()) == 1


def test_a_refused_webhook_is_noted_and_answered_without_the_database(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "webhook_refusals", WebhookRefusals(tmp_path))

    with queries_of(app) as sent:
        answer = app.test_client().post("/webhooks/mux", data=b"{}", headers={"Mux-Signature": "t=1,v1=ab"})

    assert (answer.status_code, sent) == (401, [])
    (refusal,) = WebhookRefusals(tmp_path).read()
    assert (refusal.at, refusal.reason) == (NOON, "no signature in Mux-Signature is made with a secret of ours")
