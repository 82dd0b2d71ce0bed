"""Each thing that the doctor looks at: what is wrong, how bad it is, what it says and what helps."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from portal.doctor.examination import HIDDEN
from portal.doctor.findings import Level
from portal.extensions import db
from portal.models import Outcome, Status, Upload, WebhookEvent
from portal.mux.gateway import MuxError, Trouble
from portal.mux.webhook import TIME_IS_OFF, UNKNOWN_SIGNER
from tests.clock import NOON
from tests.doctor.conftest import MINUTE, Patient

FINE, LOOK, BROKEN = Level.FINE, Level.LOOK, Level.BROKEN
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
Tell = Callable[[Patient], object]


def test_where_all_is_well_nothing_is_broken(patient: Patient) -> None:
    findings = patient.findings()

    assert {name: finding.level for name, finding in findings.items() if finding.level is not FINE} == {
        "Signed playback": LOOK,  # there is no key
        "Mail": LOOK,  # and no mail server
        "Address": LOOK,  # http://portal.test
    }
    assert all(finding.to_do and finding.command for finding in findings.values() if finding.level is not FINE)


def fails(trouble: Trouble, message: str = "Mux says so", **more: Any) -> Tell:
    return lambda patient: setattr(patient.mux, "failure", MuxError(trouble, message, **more))


def all_is_well(_patient: Patient) -> None:
    """As the fixture made it."""


def forgets_events(_patient: Patient) -> object:
    db.session.flush()
    return db.session.execute(delete(WebhookEvent))


def uploads(patient: Patient, ago: timedelta = 20 * MINUTE, **values: Any) -> Upload:
    programme = patient.has_programme(at=NOON - ago, status=values.pop("status", Status.AWAITING_UPLOAD))
    attempt = db.session.scalars(select(Upload).where(Upload.product_id == programme.product_id)).one()
    for name, value in values.items():
        setattr(attempt, name, value)
    return attempt


@pytest.mark.parametrize(
    ("tell", "name", "level", "words"),
    [
        # Mux and its environment
        (all_is_well, "Mux", FINE, "They belong to the environment env01"),
        (forgets_events, "Mux", FINE, "The first event about one of our uploads will tell"),
        (fails(Trouble.CREDENTIALS, "Unauthorized request"), "Mux", BROKEN, "refuses the access token: Unauthorized"),
        (fails(Trouble.OUT_OF_REACH, "Mux did not answer"), "Mux", BROKEN, "There is no answer of Mux’s at http://mux.test"),
        (fails(Trouble.UNREADABLE), "Mux", BROKEN, "There is no answer of Mux’s"),
        (fails(Trouble.RATE_LIMITED), "Mux", LOOK, "Mux says: Mux says so"),
        (fails(Trouble.FAILED), "Mux", LOOK, "Mux says"),
        # the clock
        (all_is_well, "Clock", FINE, "the same time"),
        (lambda p: setattr(p.mux, "time", NOON - 29 * SECOND), "Clock", FINE, "the same time"),
        (lambda p: setattr(p.mux, "time", NOON - 30 * SECOND), "Clock", LOOK, "30 seconds ahead of Mux’s"),
        (lambda p: setattr(p.mux, "time", NOON + 299 * SECOND), "Clock", LOOK, "299 seconds behind Mux’s"),
        (lambda p: setattr(p.mux, "time", NOON + 300 * SECOND), "Clock", BROKEN, "Webhooks are refused as too old"),
        (lambda p: setattr(p.mux, "time", None), "Clock", LOOK, "did not say what time"),
        # the webhook secret
        (all_is_well, "Webhook secret", FINE, "accepted on 2 March 2026, 11:59 UTC. None was refused"),
        (forgets_events, "Webhook secret", LOOK, "No webhook has come yet"),
        (lambda p: p.refusals.note(UNKNOWN_SIGNER, NOON), "Webhook secret", BROKEN, "with a secret of ours"),
        (lambda p: p.refusals.note(UNKNOWN_SIGNER, NOON - HOUR), "Webhook secret", FINE, "with a secret of ours"),
        (lambda p: p.refusals.note(TIME_IS_OFF, NOON), "Webhook secret", LOOK, "more than 300 seconds away"),
        (lambda p: p.refusals.note("there is no header", NOON), "Webhook secret", FINE, "there is no header"),
        (
            lambda p: (p.refusals.note(UNKNOWN_SIGNER, NOON), p.refusals.note("there is no header", NOON + SECOND)),
            "Webhook secret",
            BROKEN,
            "with a secret of ours",
        ),
        (
            lambda p: (forgets_events(p), p.refusals.note(UNKNOWN_SIGNER, NOON)),
            "Webhook secret",
            BROKEN,
            "None was accepted yet",
        ),
        # silence
        (all_is_well, "Webhooks", FINE, "The last one came on 2 March 2026, 11:59 UTC"),
        (forgets_events, "Webhooks", FINE, "None has come yet, and none was due"),
        (lambda p: (forgets_events(p), uploads(p)), "Webhooks", BROKEN, "since 2 March 2026, 11:40 UTC, and no event"),
        (lambda p: (forgets_events(p), uploads(p, 9 * MINUTE)), "Webhooks", FINE, "None has come yet"),
        (lambda p: (forgets_events(p), uploads(p, 7 * HOUR)), "Webhooks", FINE, "None has come yet"),
        (lambda p: (forgets_events(p), uploads(p, mux_upload_id=None)), "Webhooks", FINE, "None has come yet"),
        (
            lambda p: (forgets_events(p), p.was_told(NOON - 30 * MINUTE), uploads(p)),
            "Webhooks",
            BROKEN,
            "the last one came on 2 March 2026, 11:30 UTC",
        ),
        (uploads, "Webhooks", FINE, "The last one came"),
        (lambda p: uploads(p, status=Status.READY), "Webhooks", LOOK, "learnt of 1 video only by asking"),
        (
            lambda p: p.was_told(NOON, product_id=uploads(p, status=Status.READY).product_id),
            "Webhooks",
            FINE,
            "The last one came",
        ),
        # another environment
        (all_is_well, "Environment of the webhooks", FINE, "from env01, which is ours"),
        (forgets_events, "Environment of the webhooks", FINE, "will tell which one is ours"),
        (
            lambda p: p.was_told(NOON, environment="env02", outcome=Outcome.UNKNOWN_PROGRAMME),
            "Environment of the webhooks",
            LOOK,
            "Ours is env01, and in the last seven days there came 1 event from env02",
        ),
        (
            lambda p: p.was_told(NOON - 8 * DAY, environment="env02", outcome=Outcome.UNKNOWN_PROGRAMME),
            "Environment of the webhooks",
            FINE,
            "which is ours",
        ),
        # the worker
        (all_is_well, "Worker", FINE, "at work"),
        (lambda p: p.has_worked(NOON - 3 * MINUTE), "Worker", BROKEN, "nothing since 2 March 2026, 11:57 UTC"),
        (lambda p: (p.has_worked(NOON - HOUR), p.has_worked(NOON, "pay-discards")), "Worker", FINE, "at work"),
        (lambda p: (p.has_worked(NOON - HOUR), p.has_worked(NOON, "forget")), "Worker", BROKEN, "nothing since"),
        (all_is_well, "Periodic work", FINE, "went well"),
        (lambda p: p.has_worked(NOON, "remind", "OSError: no"), "Periodic work", LOOK, "remind: OSError: no"),
        (all_is_well, "Queue", FINE, "It is empty"),
        (lambda p: setattr(p, "waiting", 1), "Queue", FINE, "1 task waits"),
        (lambda p: setattr(p, "waiting", 100), "Queue", LOOK, "100 tasks wait"),
        (lambda p: p.uses(queue_length=lambda: 1 // 0), "Queue", BROKEN, "does not answer"),
        # what is open
        (all_is_well, "To be removed at Mux", FINE, "Nothing is left"),
        (lambda p: p.owes(None), "To be removed at Mux", FINE, "1 thing waits for the worker"),
        (
            lambda p: (p.owes(None), p.owes("refused: No.")),
            "To be removed at Mux",
            LOOK,
            "28 February 2026, 12:00 UTC: refused: No.",
        ),
        (all_is_well, "Questions to Mux", FINE, "None is overdue"),
        (lambda p: uploads(p, check_due_at=NOON - 9 * MINUTE), "Questions to Mux", FINE, "None is overdue"),
        (lambda p: uploads(p, check_due_at=NOON - 10 * MINUTE), "Questions to Mux", LOOK, "about 1 upload more than"),
        (
            lambda p: uploads(p, check_due_at=NOON - HOUR, superseded_at=NOON),
            "Questions to Mux",
            FINE,
            "None is overdue",
        ),
        (all_is_well, "Mails that wait", FINE, "None waits"),
        (lambda p: p.has_mail(NOON - 59 * MINUTE), "Mails that wait", FINE, "None waits"),
        (lambda p: p.has_mail(NOON - HOUR), "Mails that wait", LOOK, "1 mail has been waiting"),
    ],
)  # fmt: skip
def test_each_situation_is_told_with_its_level(
    patient: Patient, tell: Tell, name: str, level: Level, words: str
) -> None:
    tell(patient)

    finding = patient.findings()[name]

    assert words in finding.found
    assert finding.level is level
    assert bool(finding.to_do) or level is FINE or name == "Clock"


@pytest.mark.parametrize(
    ("public_url", "level"),
    [
        ("https://portal.example", FINE),
        ("http://portal.example", LOOK),
        ("http://127.0.0.1:8000", FINE),
        ("http://localhost:8000", FINE),
        ("http://[::1]:8000", FINE),
        ("http://localhost.example", LOOK),
        ("http://10.0.0.1", LOOK),
    ],
)
def test_the_address_is_encrypted_or_on_this_machine(patient: Patient, public_url: str, level: Level) -> None:
    patient.is_set_up_with(public_url=public_url)

    assert patient.findings()["Address"].level is level


@pytest.mark.parametrize(
    ("reason", "words", "command"),
    [
        (
            "The database's schema is not current. Run: flask --app wsgi db upgrade",
            "The database's schema is not current.",
            "flask --app wsgi db upgrade",
        ),
        ("The database does not answer. Check DATABASE_URL.", "The database does not answer. Check DATABASE_URL.", ""),
    ],
)
def test_a_database_that_is_not_ready_is_told_first(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, reason: str, words: str, command: str
) -> None:
    monkeypatch.setattr("portal.doctor.examination.reason_not_ready", lambda: reason)

    first = next(iter(patient.findings().values()))

    assert (first.name, first.level, first.found, first.command) == ("Database", BROKEN, words, command)


def test_where_the_database_fails_the_rest_is_looked_at_all_the_same(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr("portal.doctor.own_checks.all_periodic_work", fail)
    monkeypatch.setattr("portal.doctor.examination.reason_not_ready", lambda: "The database does not answer.")

    findings = patient.findings()

    assert {"Database", "Mux", "Clock", "Queue", "Mail", "Address"} <= set(findings)
    assert "Worker" not in findings


def test_no_secret_is_ever_told(patient: Patient, tmp_path: Path) -> None:
    settings = patient.app.extensions["settings"]
    secrets = [settings.mux_token_secret, *settings.mux_webhook_secrets, settings.secret_key, settings.database_url]
    secrets += settings.jwt_secret_keys
    patient.has_worked(NOON, "remind", " ".join(secrets))
    patient.mux.failure = MuxError(Trouble.CREDENTIALS, f"{settings.mux_token_secret} is wrong")

    said = str(patient.findings())

    assert HIDDEN in said
    assert not [secret for secret in secrets if secret in said]
