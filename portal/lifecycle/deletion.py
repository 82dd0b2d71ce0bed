"""Deleting a programme: out of sight at once, brought back for a week if wanted, then gone, at Mux too."""

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.extensions import db
from portal.lifecycle.attempts import cancel_attempt, is_under_way
from portal.lifecycle.moves import StateConflictError, note
from portal.models import Happening, Programme, Upload, UploadStatus, User
from portal.models.discard import discard_asset, discard_upload
from portal.models.upload import select_current_upload

KEPT_AFTER_DELETION = timedelta(days=7)


def delete_programme(programme: Programme, by: User, *, at: datetime) -> None:
    """Take a programme out of everybody's sight. An upload that is under way is cancelled; all else is kept for a week.

    Raises StateConflictError for one that is deleted already.
    """
    if programme.is_deleted:
        raise StateConflictError("This programme is deleted already.")
    current = db.session.scalar(select_current_upload(programme.product_id))
    if current is not None and current.asset_id is None and is_under_way(programme, current):
        cancel_attempt(programme, by, at=at)
    if programme.is_playable:
        programme.publish_when_ready = programme.is_published
    programme.is_published = False
    programme.deleted_at = programme.updated_at = at
    note(programme, Happening.EDIT, "The programme was deleted.", at=at, actor=by)


def restore_programme(programme: Programme, by: User, *, at: datetime) -> None:
    """Bring a deleted programme back as it was, published again if it was then.

    Raises StateConflictError for one that is not deleted.
    """
    if not programme.is_deleted:
        raise StateConflictError("This programme is not deleted.")
    programme.deleted_at, programme.updated_at = None, at
    if programme.is_playable and programme.publish_when_ready:
        programme.is_published, programme.published_at = True, programme.published_at or at
    note(programme, Happening.EDIT, "The programme was brought back.", at=at, actor=by)


def take_back_programme(programme: Programme) -> None:
    """Take back a programme that never came to anything: Mux has nothing of it, and nobody was told its id."""
    product = programme.product
    db.session.delete(programme)
    db.session.flush()
    db.session.delete(product)


def remove_programme(programme: Programme, *, at: datetime) -> None:
    """Remove a programme with its attempts and history for good; what Mux has of it is to go too.

    Its product stays, so that whatever turns up at Mux with its id is known to be ours.
    """
    product_id = programme.product_id
    for attempt in db.session.scalars(select(Upload).where(Upload.product_id == product_id)):
        if attempt.asset_id:
            discard_asset(attempt.asset_id, product_id, "its programme was deleted", at)
        elif attempt.mux_upload_id and attempt.status is UploadStatus.WAITING:
            discard_upload(attempt.mux_upload_id, product_id, "its programme was deleted", at)
    if programme.mux_asset_id:
        discard_asset(programme.mux_asset_id, product_id, "its programme was deleted", at)
    programme.product.gone_at = at
    db.session.delete(programme)
    db.session.flush()
