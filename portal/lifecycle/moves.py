"""Changes of one programme, written at once: what people do, and what the portal does by itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.database.session_connection import in_session
from portal.lifecycle.ledger import Ledger, StateConflictError
from portal.models import Happening, NoticeKind, Programme, Status, User

__all__ = ["StateConflictError", "move", "note", "note_creation", "tell_coach"]


def move(
    programme: Programme,
    to: Status,
    why: str,
    *,
    at: datetime,
    actor: User | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Change the status, only from the one that the decision was made on, and never unnoted."""
    ledger = Ledger()
    ledger.move(programme, to, why, at=at, actor=actor, values=values)
    ledger.write(in_session())


def note_creation(programme: Programme, *, at: datetime, actor: User) -> None:
    """Write the first line of a programme's history."""
    ledger = Ledger()
    ledger.note_creation(programme, at=at, actor=actor)
    ledger.write(in_session())


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
    ledger = Ledger()
    ledger.note(programme, kind, why, at=at, actor=actor, mux_event_id=mux_event_id)
    ledger.write(in_session())


def tell_coach(programme: Programme, kind: NoticeKind, occasion: int | str, *, at: datetime) -> None:
    """Tell a programme's coach, unless they were told of this occasion before. The caller holds its lock."""
    ledger = Ledger()
    ledger.tell_coach(programme, kind, occasion, at=at)
    ledger.write(in_session())
