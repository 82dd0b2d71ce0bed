"""A new video for a programme that plays: how far it has got, and giving up one that failed."""

import enum
from datetime import datetime

from portal.extensions import db
from portal.lifecycle.attempts import is_under_way, retire
from portal.lifecycle.moves import StateConflictError, note
from portal.models import Happening, Programme, Upload, User
from portal.models.upload import select_current_upload


class Replacement(enum.StrEnum):
    """How far the new video has got that is to take the place of the one that plays."""

    AWAITED = "awaited"  # its file has not arrived
    PROCESSING = "processing"
    FAILED = "failed"


def replacement_of(programme: Programme, current: Upload | None) -> Replacement | None:
    """How far a programme's new video has got; None where it plays the only one it has, or none yet."""
    if not programme.is_playable or current is None or current.asset_id == programme.mux_asset_id:
        return None
    if not is_under_way(programme, current):
        return Replacement.FAILED
    return Replacement.AWAITED if current.asset_id is None else Replacement.PROCESSING


def refuse_unless_replaceable(programme: Programme) -> None:
    """Raise StateConflictError where nothing plays, or a new video is on its way already."""
    current = db.session.scalar(select_current_upload(programme.product_id))
    if not programme.is_playable or replacement_of(programme, current) in {Replacement.AWAITED, Replacement.PROCESSING}:
        raise StateConflictError("There is no video to replace, or a new one is on its way already.")


def dismiss_failed_replacement(programme: Programme, by: User, *, at: datetime) -> None:
    """Let a new video that failed be forgotten; the old one stays. Raises StateConflictError where none has."""
    current = db.session.scalar(select_current_upload(programme.product_id))
    if current is None or replacement_of(programme, current) is not Replacement.FAILED:
        raise StateConflictError("No new video of this programme has failed.")
    retire(current, programme, "it had failed", at=at)
    note(programme, Happening.ATTEMPT, "The new video that failed was given up. The old one stays.", at=at, actor=by)
