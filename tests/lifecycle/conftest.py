"""Programmes in any state, and what Mux can say about them."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt, keep_upload
from portal.models import Discard, DiscardKind, Happening, History, Notice, NoticeKind, Programme, Status, Upload
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload, Fact, Fault, Report
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme

READY = Status.READY
LATER = NOON + timedelta(minutes=5)


class Programmes:
    """Makes programmes in any state and reports about them."""

    def __init__(self, cast: Cast) -> None:
        self.owner = db.session.merge(cast.owner)

    def in_state(self, status: Status, **values: Any) -> tuple[Programme, Upload]:
        if status is READY:  # as the reports below tell it
            values = {"mux_playback_id": "playback-1", "is_signed": True, "duration_seconds": 62, **values}
        programme = make_programme(self.owner, status=status, **values)
        return programme, db.session.scalars(select_current_upload(programme.product_id)).one()

    def report(
        self, fact: Fact, attempt: Upload, *, asset_id: str | None = None, playback_id: str = "playback-1"
    ) -> Report:
        names_asset = not fact.name.startswith("UPLOAD")
        return Report(
            fact=fact,
            upload_id=attempt.mux_upload_id,
            asset_id=(asset_id or attempt.asset_id or "asset-new") if names_asset else None,
            playback_id=playback_id if fact is Fact.ASSET_READY else None,
            is_signed=True,
            duration_seconds=61.7,
            fault=Fault(type="invalid_input", message="No.") if fact.name.endswith("ERRORED") else None,
        )

    def history_says(self, programme: Programme) -> list[tuple[Status | None, Status]]:
        told = (Happening.STATE, Happening.ATTEMPT, Happening.EDIT)
        of_it = select(History).where(History.product_id == programme.product_id, History.kind.in_(told))
        rows = db.session.scalars(of_it.order_by(History.id))
        return [(row.from_status, row.to_status) for row in rows]

    def replacing(self, **values: Any) -> tuple[Programme, Upload, Upload]:
        """A programme that plays, the attempt that its video came by, and one at a new video."""
        programme, old = self.in_state(READY, **values)
        fresh = begin_attempt(programme, self.owner, at=NOON)
        keep_upload(fresh, DirectUpload(id="u-2", status="waiting"), is_handed_out=True, at=NOON)
        return programme, old, fresh

    def discarded(self, kind: DiscardKind = DiscardKind.ASSET) -> set[str]:
        return set(db.session.scalars(select(Discard.mux_id).where(Discard.kind == kind)))

    def told(self, programme: Programme) -> list[tuple[NoticeKind, str | None]]:
        """What its coach was told, and the reason that was given."""
        of_it = select(Notice).where(Notice.product_id == programme.product_id).order_by(Notice.id)
        return [(row.kind, row.reason) for row in db.session.scalars(of_it)]

    def last_line(self, programme: Programme) -> tuple[Happening, str]:
        """The newest line of its history."""
        newest = select(History).where(History.product_id == programme.product_id).order_by(History.id.desc())
        row = db.session.scalars(newest.limit(1)).one()
        return row.kind, row.why


@pytest.fixture
def programmes(in_app: Flask, cast: Cast) -> Programmes:
    return Programmes(cast)
