"""What was decided and is still to be written: however many changes, in a few statements and always the same order."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from portal.database.bare_select import BareConnection
from portal.lifecycle.entries import OF_ATTEMPTS, OF_PROGRAMMES, WRITE
from portal.models import AttemptState, Happening, NoticeKind, ProgrammeState, Status, User
from portal.models.base import Base
from portal.models.discard import DiscardKind, discard_of
from portal.models.event_keeping import in_order
from portal.notices.telling import TOLD, first_of_their_keys, notice_of


class StateConflictError(Exception):
    """What was asked for does not fit the state the programme is in; the message is for the person who asked."""


class AppliedMeanwhileError(Exception):
    """An event was applied by somebody else while it was decided here: do it again, and it is a repeat."""


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

    _moved: dict[uuid.UUID, tuple[Status, ProgrammeState]] = field(default_factory=dict)  # from which status
    _changed: dict[int, AttemptState] = field(default_factory=dict)
    _notices: list[dict[str, Any]] = field(default_factory=list)
    _lines: list[_Line] = field(default_factory=list)
    _discards: list[Mapping[str, Any]] = field(default_factory=list)
    _events: list[Mapping[str, Any]] = field(default_factory=list)

    def move(
        self,
        programme: ProgrammeState,
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
        self._set(programme, {**(values or {}), "status": to}, at)
        self._add(programme, Happening.STATE, why, before=before, at=at, actor=actor, mux_event_id=mux_event_id)

    def revise(self, programme: ProgrammeState, why: str, *, at: datetime, values: Mapping[str, Any]) -> None:
        """Change what is known of the video that plays; the status stays. `values` are of OF_PROGRAMMES."""
        self._set(programme, values, at)
        self.note(programme, Happening.ATTEMPT, why, at=at)

    def note_creation(self, programme: ProgrammeState, *, at: datetime, actor: User) -> None:
        """Write the first line of a programme's history."""
        self._add(programme, Happening.STATE, "The programme was created.", before=None, at=at, actor=actor)

    def note(
        self,
        programme: ProgrammeState,
        kind: Happening,
        why: str,
        *,
        at: datetime,
        actor: User | None = None,
        mux_event_id: str | None = None,
    ) -> None:
        """Write into the history something that left the status as it was."""
        self._add(programme, kind, why, before=programme.status, at=at, actor=actor, mux_event_id=mux_event_id)

    def change(self, attempt: AttemptState, **values: Any) -> None:
        """Change what is known of an attempt: `values` are of OF_ATTEMPTS."""
        _put(attempt, values)
        self._changed[attempt.id] = attempt

    def tell_coach(
        self,
        programme: ProgrammeState,
        kind: NoticeKind,
        occasion: int | str,
        *,
        at: datetime,
        reason: str | None = None,
    ) -> None:
        """Tell a programme's coach, unless they were told of this occasion (an attempt's number, say) before.

        A deleted programme is nobody's concern.
        """
        if programme.is_deleted:
            return
        notice = notice_of(programme, kind, occasion, at=at, reason=reason)
        self._notices.append(notice)
        self._add(programme, Happening.NOTICE, TOLD[kind], before=programme.status, at=at, notice_key=notice["key"])

    def discard(self, kind: DiscardKind, mux_id: str, programme: ProgrammeState, why: str, *, at: datetime) -> None:
        """Note what is to disappear at Mux; twice is once."""
        self._discards.append(discard_of(kind, mux_id, programme.product_id, why, at))

    def keep(self, event: Mapping[str, Any]) -> None:
        """Keep a webhook event and what was decided about it, by the columns that portal.models.event_keeping names."""
        self._events.append(event)

    def write(self, connection: BareConnection) -> None:
        """Write all that was entered.

        StateConflictError if a programme was not in the state it is moved from, AppliedMeanwhileError if an event had
        been applied before; then nothing of it may be committed.
        """
        notices = first_of_their_keys(connection, self._notices)
        rows: dict[str, list[Mapping[str, Any]]] = {
            "moved": [
                {"product_id": programme.product_id, "before": before, **_values_of(programme, OF_PROGRAMMES)}
                for before, programme in self._moved.values()
            ],
            "changed": [{"id": key, **_values_of(attempt, OF_ATTEMPTS)} for key, attempt in self._changed.items()],
            "told": [*notices],
            "noted": self._lines_beside(notices),
            "discarded": self._discards[:],
            "kept": in_order(self._events),
        }
        for entered in (self._moved, self._changed, self._notices, self._lines, self._discards, self._events):
            entered.clear()
        if not any(rows.values()):
            return
        written = WRITE.write(connection, rows)
        if written["moved"] != len(rows["moved"]):
            raise StateConflictError("The programme changed in the meantime.")
        if written["kept"] != len(rows["kept"]):
            raise AppliedMeanwhileError

    def _lines_beside(self, notices: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The lines of history, of which those that tell of a notice are written once, where it is new."""
        new_keys = {notice["key"] for notice in notices}
        return [line.values for line in self._lines if line.notice_key is None or _take(new_keys, line.notice_key)]

    def _set(self, programme: ProgrammeState, values: Mapping[str, Any], at: datetime) -> None:
        self._moved.setdefault(programme.product_id, (programme.status, programme))
        _put(programme, {**values, "updated_at": at})

    def _add(
        self,
        programme: ProgrammeState,
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


def _put(row: ProgrammeState | AttemptState, values: Mapping[str, Any]) -> None:
    """Change an object, which a session is not to write by itself."""
    put = set_committed_value if isinstance(row, Base) else setattr
    for name, value in values.items():
        put(row, name, value)


def _values_of(row: ProgrammeState | AttemptState, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _take(keys: set[str], key: str) -> bool:
    """Whether the key is among them, once."""
    if key not in keys:
        return False
    keys.remove(key)
    return True
