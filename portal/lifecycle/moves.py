"""The one way by which a status changes, and the history that is written with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, update
from sqlalchemy.orm.attributes import set_committed_value

from portal.extensions import db
from portal.models import Happening, History, Programme, Status, User


class StateConflictError(Exception):
    """What was asked for does not fit the state the programme is in; the message is for the person who asked."""


def move(
    programme: Programme,
    to: Status,
    why: str,
    *,
    at: datetime,
    actor: User | None = None,
    values: Mapping[str, Any] | None = None,
    mux_event_id: str | None = None,
) -> None:
    """Change the status, only from the one that the decision was made on, and never unnoted."""
    before = programme.status
    kept = {**(values or {}), "status": to, "updated_at": at}
    db.session.flush()
    changed = db.session.execute(
        update(Programme)
        .where(Programme.product_id == programme.product_id, Programme.status == before)
        .values(kept)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        raise StateConflictError("The programme changed in the meantime.")
    for name, value in kept.items():
        set_committed_value(programme, name, value)
    _add(programme, Happening.STATE, why, before=before, at=at, actor=actor, mux_event_id=mux_event_id)


def note_creation(programme: Programme, *, at: datetime, actor: User) -> None:
    """Write the first line of a programme's history."""
    _add(programme, Happening.STATE, "The programme was created.", before=None, at=at, actor=actor)


def note(
    programme: Programme,
    kind: Happening,
    why: str,
    *,
    at: datetime,
    actor: User | None = None,
    mux_event_id: str | None = None,
) -> None:
    """Write into the history something that left the status as it was."""
    _add(programme, kind, why, before=programme.status, at=at, actor=actor, mux_event_id=mux_event_id)


def _add(
    programme: Programme,
    kind: Happening,
    why: str,
    *,
    before: Status | None,
    at: datetime,
    actor: User | None = None,
    mux_event_id: str | None = None,
) -> None:
    db.session.add(
        History(
            product_id=programme.product_id,
            at=at,
            kind=kind,
            actor_id=actor.id if actor else None,
            from_status=before,
            to_status=programme.status,
            why=why,
            mux_event_id=mux_event_id,
        )
    )
