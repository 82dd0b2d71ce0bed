"""What the page of one programme shows: its state, asked for at Mux where that is due, and its newest history."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.access import playback_for, programme_in_studio
from portal.asking import ask_at_once
from portal.clock import utc_now
from portal.extensions import db
from portal.lifecycle.replacement import Replacement, replacement_of
from portal.models import Programme, Status, Upload, User
from portal.models.history import newest_happenings
from portal.models.upload import select_current_upload
from portal.mux.gateway import current_mux
from portal.mux.playback import current_playback_urls
from portal.upkeep.reconcile import is_worth_asking

NEWEST_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Stand:
    """How far a programme and its current attempt have got."""

    programme: Programme
    current: Upload | None

    @property
    def replacement(self) -> Replacement | None:
        return replacement_of(self.programme, self.current)

    @property
    def known(self) -> str:
        """One word for all of it: while it stays the same, the page need not change."""
        status = self.programme.status.value
        return f"{status}-{self.replacement}" if self.replacement else status

    @property
    def awaits(self) -> str | None:
        """What the page is to look out for: that the file arrives, that the video is done, or nothing."""
        if self.programme.status is Status.AWAITING_UPLOAD or self.replacement is Replacement.AWAITED:
            return "file"
        if self.programme.status is Status.PROCESSING or self.replacement is Replacement.PROCESSING:
            return "video"
        return None

    @property
    def was_handed_out(self) -> bool:
        """Whether a file may be on its way, so that there is something to cancel."""
        return self.current is not None and self.current.url_given_at is not None


def stand_of(programme: Programme) -> Stand:
    return Stand(programme=programme, current=db.session.scalar(select_current_upload(programme.product_id)))


def stand_to_show(user: User, product_id: uuid.UUID, *, asks_when_due_only: bool) -> Stand:
    """How far a programme has got, after a question to Mux if one is worth asking (portal.upkeep.reconcile); or 404."""
    stand, at = stand_of(programme_in_studio(user, product_id)), utc_now()
    if not _is_question_open(stand, at, asks_when_due_only=asks_when_due_only):
        return stand
    ask_at_once(product_id, current_mux(), at)
    return stand_of(programme_in_studio(user, product_id))


def _is_question_open(stand: Stand, at: datetime, *, asks_when_due_only: bool) -> bool:
    if stand.current is None or not is_worth_asking(stand.programme, stand.current, at):
        return False
    is_due = stand.current.check_due_at is not None and stand.current.check_due_at <= at
    return is_due or not asks_when_due_only


def live_context(stand: Stand, user: User) -> dict[str, Any]:
    """What the parts of the page need that change by themselves."""
    programme = stand.programme
    return {
        "programme": programme,
        "stand": stand,
        "playback": playback_for(user, programme, current_playback_urls(), utc_now()),
        "history": newest_happenings(programme.product_id, limit=NEWEST_SHOWN, after=None).items,
    }
