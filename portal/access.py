"""Who may see, edit and watch. Rows are fetched through here: what somebody may not see is not found."""

import uuid
from datetime import datetime
from typing import cast

from flask import abort
from flask_login import current_user

from portal.extensions import db
from portal.models import Programme, User
from portal.models.programme import select_programme, select_programme_for_update
from portal.mux.playback import Playback, PlaybackUrls


def signed_in_user() -> User:
    """Whoever this request's session belongs to: the row itself, not Flask-Login's stand-in for it."""
    return cast("User", current_user._get_current_object())  # noqa: SLF001 - werkzeug's documented way to the object


def may_edit(user: User, programme: Programme) -> bool:
    return user.is_admin or (user.makes_programmes and programme.product.owner_id == user.id)


def may_see(user: User, programme: Programme) -> bool:
    """Whether the programme exists for this person at all."""
    return not programme.is_deleted and (programme.is_published or may_edit(user, programme))


def may_watch(user: User, programme: Programme, at: datetime) -> bool:
    """Whether this person may be given the means to play the video."""
    if not programme.is_playable or programme.is_deleted:
        return False
    if may_edit(user, programme):
        return True
    return programme.is_published and (not programme.is_premium or user.is_member(at))


def playback_for(user: User, programme: Programme, urls: PlaybackUrls, at: datetime) -> Playback | None:
    """The means to play the video, minted for whoever may watch it; None for everybody else."""
    if programme.mux_playback_id is None or not may_watch(user, programme, at):
        return None
    return urls.playback(
        programme.mux_playback_id,
        is_signed=programme.is_signed,
        duration_seconds=programme.duration_seconds,
        at=at,
    )


def thumbnail_for(user: User, programme: Programme, urls: PlaybackUrls, at: datetime) -> str | None:
    """The address of a still, for whoever may see the programme; None while there is no video.

    An unsigned address tells the public playback id, which plays by itself: only who may watch is given that one.
    """
    if programme.mux_playback_id is None or not programme.is_playable:
        return None
    if not programme.is_signed and not may_watch(user, programme, at):
        return None
    return urls.thumbnail_url(programme.mux_playback_id, is_signed=programme.is_signed, at=at)


def programme_to_see(user: User, product_id: uuid.UUID) -> Programme:
    """The programme, or 404."""
    programme = db.session.scalar(select_programme(product_id))
    if programme is None or not may_see(user, programme):
        abort(404)
    return programme


def programme_to_edit(user: User, product_id: uuid.UUID) -> Programme:
    """The programme, locked until the transaction ends, or 404."""
    return _editable(user, db.session.scalar(select_programme_for_update(product_id)))


def programme_in_studio(user: User, product_id: uuid.UUID) -> Programme:
    """The programme for its coach's page, without a lock, or 404."""
    return _editable(user, db.session.scalar(select_programme(product_id)))


def programme_to_restore(user: User, product_id: uuid.UUID) -> Programme:
    """The deleted programme, locked until the transaction ends, or 404."""
    programme = db.session.scalar(select_programme_for_update(product_id))
    if programme is None or not programme.is_deleted or not may_edit(user, programme):
        abort(404)
    return programme


def _editable(user: User, programme: Programme | None) -> Programme:
    if programme is None or programme.is_deleted or not may_edit(user, programme):
        abort(404)
    return programme
