"""The inbox of Mux's webhooks: every event is kept, and applied once, whatever order they come in."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.lifecycle.moves import note
from portal.lifecycle.reports import Decision, apply_report
from portal.models import Happening, Outcome, Programme, Upload, WebhookEvent
from portal.models.programme import select_programme_for_update
from portal.models.upload import select_upload_by_asset, select_upload_by_mux_id
from portal.models.webhook_event import select_event_for_update
from portal.mux.facts import Report
from portal.mux.webhook import MuxEvent, parse

ERROR_MAX_CHARACTERS = 2000


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the inbox did with one delivery. `is_repeat`: the event had been applied before."""

    outcome: Outcome
    reason: str
    product_id: uuid.UUID | None
    is_repeat: bool = False


def receive(event: MuxEvent, at: datetime) -> Receipt:
    """Keep the event and apply it, unless it was applied before. The caller commits, or else calls keep_failure."""
    row = _keep(event, at)
    if row.applied_at is not None and row.outcome is not None:
        return _repeated(row, row.outcome)
    return _take(row, event, at)


def replay(row: WebhookEvent, at: datetime) -> Receipt:
    """Read the kept payload again and apply it, unless it was settled what becomes of it.

    Unlike Mux's repeat of a delivery, this takes up again what had been left open: an event of a type or a programme
    that was not known, or one that contradicted what was. What is settled stays: it may be older than what is known
    by now. The caller has locked the row and commits, or else calls keep_replay_failure.
    """
    if row.is_settled and row.outcome is not None:
        return _repeated(row, row.outcome)
    return _take(row, parse(row.payload.encode()), at)


def _repeated(row: WebhookEvent, outcome: Outcome) -> Receipt:
    return Receipt(outcome=outcome, reason="It was applied before.", product_id=row.product_id, is_repeat=True)


def _take(row: WebhookEvent, event: MuxEvent, at: datetime) -> Receipt:
    decision, programme = _apply(event, at)
    if programme is not None and decision.outcome not in {Outcome.APPLIED, row.outcome}:
        why = f"Mux sent {event.type}, which changed nothing. {decision.reason}"
        note(programme, Happening.EVENT, why, at=at, mux_event_id=event.id)
    product_id = programme.product_id if programme else None
    row.applied_at, row.outcome, row.reason, row.error = at, decision.outcome, decision.reason, None
    row.product_id = product_id
    row.tries += 1
    db.session.flush()
    return Receipt(outcome=decision.outcome, reason=decision.reason, product_id=product_id)


def keep_failure(event: MuxEvent, error: Exception, at: datetime) -> None:
    """Keep an event that could not be applied, with the reason. The caller has rolled back, and commits."""
    row = _keep(event, at)
    if row.applied_at is not None:
        return
    row.outcome = Outcome.FAILED
    _note_failure(row, error)


def keep_replay_failure(row: WebhookEvent, error: Exception) -> None:
    """Keep why an event could not be applied anew; what was decided about it before stays.

    The caller has rolled back and locked the row again, and commits. Mux's own retry may have succeeded in between.
    """
    if row.is_settled:
        return
    if row.applied_at is None:
        row.outcome = Outcome.FAILED
    _note_failure(row, error)


def _note_failure(row: WebhookEvent, error: Exception) -> None:
    row.error = f"{type(error).__name__}: {error}"[:ERROR_MAX_CHARACTERS]
    row.tries += 1


def _keep(event: MuxEvent, at: datetime) -> WebhookEvent:
    """The event's row, new or old, locked: the same event delivered twice at once waits here for its twin."""
    dialect = db.session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    added = db.session.scalar(
        insert(WebhookEvent)
        .values(
            mux_event_id=event.id,
            type=event.type,
            environment=event.environment,
            payload=event.payload,
            received_at=at,
            tries=0,
        )
        .on_conflict_do_nothing(index_elements=["mux_event_id"])
        .returning(WebhookEvent)
    )
    return added or db.session.scalars(select_event_for_update(event.id)).one()


def _apply(event: MuxEvent, at: datetime) -> tuple[Decision, Programme | None]:
    if event.report is None:
        if event.is_kept_for_later:
            return Decision(outcome=Outcome.KEPT, reason="Tracks are kept for later."), None
        return Decision(outcome=Outcome.UNKNOWN_TYPE, reason="Nothing is made of this type."), None
    programme = _find_programme(event.report)
    if programme is None:
        return Decision(outcome=Outcome.UNKNOWN_PROGRAMME, reason="No programme of ours is named."), None
    attempt = _named_attempt(event.report)
    decision = apply_report(programme, attempt, event.report, at=at, mux_event_id=event.id)
    return decision, programme


def _find_programme(report: Report) -> Programme | None:
    """Whose event it is: by upload id, then by asset id, then by passthrough, which is the productId. One query.

    The programme is locked before its attempts are read, so that two events of one programme follow each other.
    """
    named: list[ColumnElement[uuid.UUID]] = []
    if report.upload_id is not None:
        named.append(select(Upload.product_id).where(Upload.mux_upload_id == report.upload_id).scalar_subquery())
    if report.asset_id is not None:
        named.append(select(Upload.product_id).where(Upload.asset_id == report.asset_id).scalar_subquery())
        playing = aliased(Programme)
        named.append(select(playing.product_id).where(playing.mux_asset_id == report.asset_id).scalar_subquery())
    passthrough = _product_id_of(report.passthrough)
    if passthrough is not None:
        named.append(literal(passthrough))
    if not named:
        return None
    return db.session.scalar(select_programme_for_update(func.coalesce(*named) if len(named) > 1 else named[0]))


def _product_id_of(passthrough: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(passthrough or "")
    except ValueError:
        return None


def _named_attempt(report: Report) -> Upload | None:
    if report.upload_id is not None:
        by_upload = db.session.scalar(select_upload_by_mux_id(report.upload_id))
        if by_upload is not None:
            return by_upload
    if report.asset_id is None:
        return None
    return db.session.scalar(select_upload_by_asset(report.asset_id))
