"""What was decided and is still to be written: however many changes, in a few statements and always the same order."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Table, bindparam, insert, update
from sqlalchemy.orm.attributes import set_committed_value

from portal.extensions import db
from portal.models import Happening, History, NoticeKind, Programme, Status, Upload, User
from portal.notices.telling import TOLD, add_notices, notice_of

OF_PROGRAMMES = (
    *("status", "updated_at", "mux_asset_id", "mux_playback_id", "is_signed", "duration_seconds"),
    *("is_published", "publish_when_ready", "published_at", "error_type", "error_message"),
)
OF_ATTEMPTS = (
    *("status", "updated_at", "mux_upload_id", "asset_id"),
    *("check_due_at", "error_type", "error_message"),
)


class StateConflictError(Exception):
    """What was asked for does not fit the state the programme is in; the message is for the person who asked."""


_programmes, _attempts = cast("Table", Programme.__table__), cast("Table", Upload.__table__)
_ADD_LINES = insert(cast("Table", History.__table__))
_MOVE = (
    update(_programmes)
    .where(_programmes.c.product_id == bindparam("moved"), _programmes.c.status == bindparam("before"))
    .values({name: bindparam(f"new_{name}") for name in OF_PROGRAMMES})
)
_CHANGE_ATTEMPT = (
    update(_attempts)
    .where(_attempts.c.id == bindparam("changed"))
    .values({name: bindparam(f"new_{name}") for name in OF_ATTEMPTS})
)


@dataclass(frozen=True)
class _Line:
    """A line of history; one that tells of a notice is written only if the notice is the first of its key."""

    values: Mapping[str, Any]
    notice_key: str | None = None


@dataclass
class Ledger:
    """Changes of programmes and their attempts. The objects change at once, the rows by `write`.

    Whoever enters something holds the locks of the programmes, and calls `write` before anybody reads the rows again.
    """

    _moved: dict[uuid.UUID, tuple[Status, Programme]] = field(default_factory=dict)  # from which status
    _changed: dict[int, Upload] = field(default_factory=dict)
    _notices: list[dict[str, Any]] = field(default_factory=list)
    _lines: list[_Line] = field(default_factory=list)

    def move(
        self,
        programme: Programme,
        to: Status,
        why: str,
        *,
        at: datetime,
        actor: User | None = None,
        values: Mapping[str, Any] | None = None,
        mux_event_id: str | None = None,
    ) -> None:
        """Change the status, only from the one that the decision was made on, and never unnoted.

        `values` are what changes with it, of OF_PROGRAMMES.
        """
        before = programme.status
        self._moved.setdefault(programme.product_id, (before, programme))
        for name, value in {**(values or {}), "status": to, "updated_at": at}.items():
            set_committed_value(programme, name, value)
        self._add(programme, Happening.STATE, why, before=before, at=at, actor=actor, mux_event_id=mux_event_id)

    def note_creation(self, programme: Programme, *, at: datetime, actor: User) -> None:
        """Write the first line of a programme's history."""
        self._add(programme, Happening.STATE, "The programme was created.", before=None, at=at, actor=actor)

    def note(
        self,
        programme: Programme,
        kind: Happening,
        why: str,
        *,
        at: datetime,
        actor: User | None = None,
        mux_event_id: str | None = None,
    ) -> None:
        """Write into the history something that left the status as it was."""
        self._add(programme, kind, why, before=programme.status, at=at, actor=actor, mux_event_id=mux_event_id)

    def change(self, attempt: Upload, **values: Any) -> None:
        """Change what is known of an attempt: `values` are of OF_ATTEMPTS."""
        for name, value in values.items():
            set_committed_value(attempt, name, value)
        self._changed[attempt.id] = attempt

    def tell_coach(
        self, programme: Programme, kind: NoticeKind, occasion: int | str, *, at: datetime, reason: str | None = None
    ) -> None:
        """Tell a programme's coach, unless they were told of this occasion (an attempt's number, say) before.

        A deleted programme is nobody's concern.
        """
        if programme.is_deleted:
            return
        notice = notice_of(programme, kind, occasion, at=at, reason=reason)
        self._notices.append(notice)
        self._add(programme, Happening.NOTICE, TOLD[kind], before=programme.status, at=at, notice_key=notice["key"])

    def write(self) -> None:
        """Write all that was entered; StateConflictError if a programme was not in the state it is moved from."""
        db.session.flush()
        self._write_moves()
        self._write_attempts()
        new_keys = add_notices(self._notices) if self._notices else set()
        lines = [line.values for line in self._lines if line.notice_key is None or _take(new_keys, line.notice_key)]
        if lines:
            db.session.connection().execute(_ADD_LINES, lines)
        for entered in (self._moved, self._changed, self._notices, self._lines):
            entered.clear()

    def _write_moves(self) -> None:
        if not self._moved:
            return
        rows = [
            {"moved": programme.product_id, "before": before, **_new_values(programme, OF_PROGRAMMES)}
            for before, programme in self._moved.values()
        ]
        moved = db.session.connection().execute(_MOVE, rows)
        if not isinstance(moved, CursorResult) or moved.rowcount != len(rows):
            raise StateConflictError("The programme changed in the meantime.")

    def _write_attempts(self) -> None:
        if self._changed:
            rows = [{"changed": key, **_new_values(row, OF_ATTEMPTS)} for key, row in self._changed.items()]
            db.session.connection().execute(_CHANGE_ATTEMPT, rows)

    def _add(
        self,
        programme: Programme,
        kind: Happening,
        why: str,
        *,
        before: Status | None,
        at: datetime,
        actor: User | None = None,
        mux_event_id: str | None = None,
        notice_key: str | None = None,
    ) -> None:
        values = {
            "product_id": programme.product_id,
            "at": at,
            "kind": kind,
            "actor_id": actor.id if actor else None,
            "from_status": before,
            "to_status": programme.status,
            "why": why,
            "mux_event_id": mux_event_id,
        }
        self._lines.append(_Line(values, notice_key))


def _new_values(row: Programme | Upload, names: tuple[str, ...]) -> dict[str, Any]:
    return {f"new_{name}": getattr(row, name) for name in names}


def _take(keys: set[str], key: str) -> bool:
    """Whether the key is among them, once."""
    if key not in keys:
        return False
    keys.remove(key)
    return True
