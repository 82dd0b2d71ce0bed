"""The inbox of Mux's webhooks: every event is kept, and applied once, whatever order they come in."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.concerned import Concerned, lock_concerned
from portal.database.bare_select import BareConnection
from portal.database.session_connection import in_session
from portal.extensions import db
from portal.lifecycle.hearing import Decision, Hearing
from portal.lifecycle.ledger import Ledger
from portal.lifecycle.reports import decide
from portal.models import Happening, Outcome, ProgrammeState, WebhookEvent
from portal.models.event_keeping import keep_event, verdicts_of
from portal.models.webhook_event import lock_event
from portal.mux.webhook import MuxEvent, parse

ERROR_MAX_CHARACTERS = 2000


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the inbox did with one delivery. `is_repeat`: the event had been applied before."""

    outcome: Outcome
    reason: str
    product_id: uuid.UUID | None
    is_repeat: bool = False


def receive(connection: BareConnection, events: Sequence[MuxEvent], at: datetime) -> list[Receipt]:
    """Keep the events and apply them in this order, each unless it was applied before; a receipt for each.

    The number of statements does not grow with that of the events. The caller commits. If this raises, nothing of it
    may be kept: the caller rolls back, and may try one at a time.
    """
    concerned = lock_concerned(connection, [event.report for event in events if event.report is not None])
    # Behind the locks, which the same event would wait for.
    before = verdicts_of(connection, [event.id for event in events])
    receipts = {event_id: _repeated(verdict.outcome, verdict.product_id) for event_id, verdict in before.items()}
    ledger, answers = Ledger(), list[Receipt]()
    for event in events:
        if event.id in receipts:
            answers.append(receipts[event.id])
            continue
        receipt = _take(event, concerned, ledger, at)
        ledger.keep(_applied(event, receipt, at))
        receipts[event.id] = _repeated(receipt.outcome, receipt.product_id)
        answers.append(receipt)
    ledger.write(connection)
    return answers


def replay(row: WebhookEvent, at: datetime) -> Receipt:
    """Read the kept payload again and apply it, unless it was settled what becomes of it.

    Unlike Mux's repeat of a delivery, this takes up again what had been left open: an event of a type or a programme
    that was not known, or one that contradicted what was. What is settled stays: it may be older than what is known
    by now. The caller commits, or else rolls back and calls keep_replay_failure.
    """
    event, ledger, connection = parse(row.payload.encode()), Ledger(), in_session()
    concerned = lock_concerned(connection, [event.report] if event.report is not None else [])
    lock_event(row)
    if row.is_settled and row.outcome is not None:
        return _repeated(row.outcome, row.product_id)
    receipt = _take(event, concerned, ledger, at, former=row.outcome)
    ledger.write(connection)
    db.session.expire_all()  # what it has loaded before stands otherwise by now
    row.applied_at, row.outcome, row.reason, row.error = at, receipt.outcome, receipt.reason, None
    row.product_id = receipt.product_id
    row.tries += 1
    return receipt


def keep_failure(event: MuxEvent, error: Exception, at: datetime) -> None:
    """Keep an event that could not be applied, with the reason. The caller has rolled back, and commits."""
    keep_event({**_received(event, at), "outcome": Outcome.FAILED, "error": _told(error)})


def keep_replay_failure(row: WebhookEvent, error: Exception) -> None:
    """Keep why an event could not be applied anew; what was decided about it before stays.

    The caller has rolled back, and commits. Mux's own retry may have succeeded in between.
    """
    lock_event(row)
    if row.is_settled:
        return
    if row.applied_at is None:
        row.outcome = Outcome.FAILED
    row.error = _told(error)
    row.tries += 1


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:ERROR_MAX_CHARACTERS]


def _repeated(outcome: Outcome, product_id: uuid.UUID | None) -> Receipt:
    return Receipt(outcome=outcome, reason="It was applied before.", product_id=product_id, is_repeat=True)


def _take(
    event: MuxEvent, concerned: Concerned, ledger: Ledger, at: datetime, *, former: Outcome | None = None
) -> Receipt:
    """Apply an event. `former` is what it came to the last time: the same again is not worth a line of history."""
    decision, programme = _apply(event, concerned, ledger, at)
    if programme is not None and decision.outcome not in {Outcome.APPLIED, former}:
        why = f"Mux sent {event.type}, which changed nothing. {decision.reason}"
        ledger.note(programme, Happening.EVENT, why, at=at, mux_event_id=event.id)
    product_id = programme.product_id if programme else None
    return Receipt(outcome=decision.outcome, reason=decision.reason, product_id=product_id)


def _apply(
    event: MuxEvent, concerned: Concerned, ledger: Ledger, at: datetime
) -> tuple[Decision, ProgrammeState | None]:
    if event.report is None:
        if event.is_kept_for_later:
            return Decision(outcome=Outcome.KEPT, reason="Tracks are kept for later."), None
        return Decision(outcome=Outcome.UNKNOWN_TYPE, reason="Nothing is made of this type."), None
    programme = concerned.programme_of(event.report)
    if programme is None:
        return Decision(outcome=Outcome.UNKNOWN_PROGRAMME, reason="No programme of ours is named."), None
    hearing = Hearing(report=event.report, at=at, ledger=ledger, mux_event_id=event.id)
    attempts = concerned.attempts_of(programme)
    return decide(programme, concerned.attempt_of(event.report), attempts, hearing), programme


def _applied(event: MuxEvent, receipt: Receipt, at: datetime) -> Mapping[str, Any]:
    decided = {"outcome": receipt.outcome, "reason": receipt.reason, "product_id": receipt.product_id}
    return {**_received(event, at), **decided, "applied_at": at}


def _received(event: MuxEvent, at: datetime) -> Mapping[str, Any]:
    """The row of an event about which nothing is decided."""
    return {
        "mux_event_id": event.id,
        "type": event.type,
        "environment": event.environment,
        "payload": event.payload,
        "received_at": at,
        "tries": 1,
        **dict.fromkeys(("applied_at", "outcome", "reason", "error", "product_id")),
    }
