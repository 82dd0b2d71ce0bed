"""A portal in which all is well, for tests to break one thing at a time."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.doctor.examination import examine
from portal.doctor.findings import Finding
from portal.extensions import db
from portal.models import Discard, DiscardKind, Mail, Outcome, PeriodicWork, Programme, WebhookEvent
from portal.mux.playback import PlaybackUrls
from portal.nudge import WorkName
from portal.webhook_refusals import WebhookRefusals
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.mux_double import MuxDouble

MINUTE = timedelta(minutes=1)


class Patient:
    """What the doctor looks at, and what it says."""

    def __init__(self, app: Flask, cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self._monkeypatch = app, monkeypatch
        self.mux = MuxDouble()
        self.mux.time = NOON
        self.waiting = 0
        self.owner = db.session.merge(cast.owner)
        self.refusals = WebhookRefusals(folder)
        self._numbers = itertools.count(1)
        self.uses(mux=self.mux, webhook_refusals=self.refusals, queue_length=lambda: self.waiting)

    def uses(self, **extensions: object) -> None:
        """Put parts of the application in the place of its own, for one test."""
        for name, part in extensions.items():
            self._monkeypatch.setitem(self.app.extensions, name, part)

    def is_set_up_with(self, **changes: Any) -> None:
        settings = replace(self.app.extensions["settings"], **changes)
        self.uses(settings=settings, playback_urls=PlaybackUrls(settings))

    def was_told(
        self, at: datetime, *, environment: str = "env01", outcome: Outcome = Outcome.APPLIED, **values: object
    ) -> None:
        number = next(self._numbers)
        row = WebhookEvent(
            mux_event_id=f"event-{number}", type="video.asset.ready", environment=environment, payload="{}",
            received_at=at, applied_at=at, outcome=outcome, tries=1,
        )  # fmt: skip
        for name, value in values.items():
            setattr(row, name, value)
        db.session.add(row)

    def has_programme(self, **values: Any) -> Programme:
        return make_programme(self.owner, **values)

    def has_worked(self, at: datetime, name: str = WorkName.ASK_MUX, error: str | None = None) -> None:
        db.session.merge(PeriodicWork(name=name, due_at=at, started_at=at, finished_at=at, error=error))

    def owes(self, error: str | None) -> None:
        db.session.add(
            Discard(
                kind=DiscardKind.ASSET, mux_id=f"as-{next(self._numbers)}", product_id=self.has_programme().product_id,
                reason="a test", created_at=NOON - timedelta(days=2), next_try_at=NOON, error=error,
            )
        )  # fmt: skip

    def has_mail(self, at: datetime) -> None:
        db.session.add(
            Mail(
                key=f"mail-{next(self._numbers)}",
                address="a@example.com",
                subject="",
                body="",
                created_at=at,
                next_try_at=at,
            )
        )

    def findings(self) -> dict[str, Finding]:
        db.session.commit()
        found = examine()
        names = [finding.name for finding in found]
        assert len(set(names)) == len(names), "two findings have one name"
        assert not db.session().in_transaction()
        return {finding.name: finding for finding in found}


@pytest.fixture
def patient(in_app: Flask, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    monkeypatch.setattr("portal.doctor.examination.reason_not_ready", lambda: None)  # no migrations made the tables
    patient = Patient(in_app, cast, tmp_path, monkeypatch)
    patient.was_told(NOON - MINUTE)
    patient.has_worked(NOON - MINUTE)
    return patient
