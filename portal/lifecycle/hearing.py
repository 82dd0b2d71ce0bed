"""A report of Mux's as it is heard: what it says, how it came, and the ledger for all that it changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.lifecycle.ledger import Ledger
from portal.models import DiscardKind, Happening, NoticeKind, Outcome, ProgrammeState, Status
from portal.mux.facts import Report


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a report from Mux came to, and why, in a sentence for the operator."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """One report, heard at a moment.

    `was_asked` marks Mux's answer to a question, which settles what an event, perhaps late, must leave open.
    """

    report: Report
    at: datetime
    ledger: Ledger
    was_asked: bool = False
    mux_event_id: str | None = None

    def move(self, programme: ProgrammeState, to: Status, why: str, values: Mapping[str, Any] | None = None) -> None:
        self.ledger.move(programme, to, why, at=self.at, values=values, mux_event_id=self.mux_event_id)

    def note(self, programme: ProgrammeState, kind: Happening, why: str) -> None:
        self.ledger.note(programme, kind, why, at=self.at, mux_event_id=self.mux_event_id)

    def tell_coach(
        self, programme: ProgrammeState, kind: NoticeKind, occasion: int | str, reason: str | None = None
    ) -> None:
        self.ledger.tell_coach(programme, kind, occasion, at=self.at, reason=reason)

    def discard_asset(self, programme: ProgrammeState, asset_id: str, why: str) -> None:
        self.ledger.discard(DiscardKind.ASSET, asset_id, programme, why, at=self.at)
