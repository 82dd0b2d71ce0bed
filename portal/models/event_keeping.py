"""Writing into the inbox of webhook events: each event once, with what was decided about it.

An event is given by all columns but `id`. One that was applied before stays as it is, and is not counted.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, select

from portal.database.bare_select import BareConnection, BareSelect
from portal.database.session_connection import in_session
from portal.models.joint_write import Given, JointWrite, entry
from portal.models.list_parameter import among
from portal.models.webhook_event import Outcome, WebhookEvent

_events = cast("Table", WebhookEvent.__table__)
_APPLIED = BareSelect(
    select(_events.c.mux_event_id, _events.c.outcome, _events.c.product_id).where(
        among(_events.c.mux_event_id, "ids"), _events.c.applied_at.is_not(None)
    )
)


_DECIDED = ("applied_at", "outcome", "reason", "error", "product_id")
_OF_EVENTS = ("mux_event_id", "type", "environment", "payload", "received_at", "tries", *_DECIDED)


def _keep(given: Given) -> Any:
    """Add a row, or put what was decided now into one that nothing has come of yet."""
    added = given.inserted_into(_events)
    return added.on_conflict_do_update(
        index_elements=["mux_event_id"],
        set_={**{name: added.excluded[name] for name in _DECIDED}, "tries": _events.c.tries + 1},
        where=_events.c.applied_at.is_(None),
    )


KEEP = entry(_events, _OF_EVENTS, _keep)
_WRITE = JointWrite(kept=KEEP)


@dataclass(frozen=True)
class Verdict:
    """What was decided about an event when it was applied."""

    outcome: Outcome
    product_id: uuid.UUID | None


def verdicts_of(connection: BareConnection, mux_event_ids: Collection[str]) -> dict[str, Verdict]:
    """What was decided about those of the events that were applied before. One query."""
    rows = _APPLIED.rows(connection, ids=mux_event_ids)
    return {mux_event_id: Verdict(outcome, product_id) for mux_event_id, outcome, product_id in rows}


def in_order(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """As events are to be kept, so that of two transactions with the same ones one waits for the other, never both."""
    return sorted(events, key=lambda event: str(event["mux_event_id"]))


def keep_event(event: Mapping[str, Any]) -> None:
    """Keep an event that nothing else is to be written with, in the session's transaction."""
    _WRITE.write(in_session(), {"kept": [event]})
