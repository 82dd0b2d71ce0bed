"""What people do about the video of a programme: begin, send, begin again, replace, cancel."""

from datetime import datetime, timedelta

from portal.config import current_settings
from portal.extensions import db
from portal.lifecycle.moves import StateConflictError, move, note, note_creation
from portal.lifecycle.tables import OWN_WORDS
from portal.models import AttemptState, Happening, Product, Programme, Status, Upload, UploadStatus, User
from portal.models.discard import discard_asset, discard_upload
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload, Fact


def begin_programme(owner: User, *, title: str, at: datetime) -> tuple[Programme, Upload]:
    """Keep a new programme and the intention to ask Mux for its first upload."""
    product = Product(owner=owner, created_at=at)
    programme = Programme(product=product, title=title, created_at=at, updated_at=at)
    db.session.add(programme)
    db.session.flush()
    upload = _add_attempt(programme, owner, at)
    note_creation(programme, at=at, actor=owner)
    return programme, upload


def begin_attempt(programme: Programme, by: User, *, at: datetime) -> Upload:
    """Replace the current attempt by a new one; whatever the old one still brings is discarded.

    Of a programme that plays it is the attempt at a new video; the old one plays on until that is ready. Raises
    StateConflictError while a first video that has arrived is being processed.
    """
    if programme.status is Status.PROCESSING:
        raise StateConflictError("Mux is working on the video that was uploaded. A new one can follow once it is done.")
    former = db.session.scalar(select_current_upload(programme.product_id))
    if former is not None:
        retire(former, programme, "another attempt took its place", at=at)
        db.session.flush()
    upload = _add_attempt(programme, by, at)
    if programme.status is Status.ERRORED:
        cleared = {"error_type": None, "error_message": None}
        move(programme, Status.AWAITING_UPLOAD, "A new attempt was begun.", at=at, actor=by, values=cleared)
    else:
        is_replacement = programme.is_playable
        why = "A new video is to take the place of the old one." if is_replacement else "A fresh upload link was made."
        note(programme, Happening.ATTEMPT, why, at=at, actor=by)
    return upload


def refuse_unless_failed(programme: Programme) -> None:
    """Raise StateConflictError for a programme that there is nothing to try again about."""
    if programme.status is not Status.ERRORED:
        raise StateConflictError("There is nothing to try again: this programme has not failed.")


def cancel_attempt(programme: Programme, by: User, *, at: datetime) -> None:
    """Give up the upload that is under way, or the video that Mux still works on; Mux is told afterwards.

    A video that plays stays. Raises StateConflictError where nothing is under way.
    """
    current = db.session.scalar(select_current_upload(programme.product_id))
    if current is None or not is_under_way(programme, current):
        raise StateConflictError("There is nothing to cancel: no video is on its way.")
    retire(current, programme, "it was cancelled", at=at)
    fault = OWN_WORDS[Fact.UPLOAD_CANCELLED]
    if programme.is_playable:
        note(programme, Happening.ATTEMPT, "The new video was cancelled. The old one stays.", at=at, actor=by)
        return
    values = {"error_type": fault.type, "error_message": fault.message}
    move(programme, Status.ERRORED, fault.message, at=at, actor=by, values=values)


def is_under_way(programme: Programme, current: Upload) -> bool:
    """Whether a video may still come of the current attempt that is not the one which plays."""
    if programme.status is not Status.READY:
        return programme.status is not Status.ERRORED
    has_ended = current.status in {UploadStatus.ERRORED, UploadStatus.CANCELLED, UploadStatus.TIMED_OUT}
    return not has_ended and current.error_type is None and current.asset_id != programme.mux_asset_id


def retire(attempt: Upload, programme: Programme, why: str, *, at: datetime) -> None:
    """End an attempt: it is not the current one any more, and what Mux has of it is to go."""
    attempt.superseded_at = attempt.updated_at = at
    attempt.check_due_at = None
    if attempt.asset_id:
        if attempt.asset_id != programme.mux_asset_id:
            discard_asset(attempt.asset_id, programme.product_id, why, at)
    elif attempt.mux_upload_id and attempt.status is UploadStatus.WAITING:
        discard_upload(attempt.mux_upload_id, programme.product_id, why, at)


def keep_upload(upload: Upload, answer: DirectUpload, *, is_handed_out: bool, at: datetime) -> None:
    """Keep the address that Mux gave for an attempt. `is_handed_out`: whether somebody is about to be told it."""
    upload.mux_upload_id, upload.url = answer.id, answer.url
    upload.status, upload.updated_at = UploadStatus.WAITING, at
    if answer.timeout_seconds:
        upload.url_expires_at = at + timedelta(seconds=answer.timeout_seconds)
        upload.check_due_at = upload.url_expires_at
    if is_handed_out:
        hand_out(upload, at=at)


def hand_out(upload: Upload, *, at: datetime) -> None:
    """Note that somebody is being told an attempt's address: from now on a video may come through it."""
    upload.url_given_at = at
    upload.check_due_at = next_check(upload, at)


def next_check(upload: AttemptState, at: datetime) -> datetime:
    """When to ask Mux about an attempt that is under way, should no event come.

    Every two minutes, and ever less often while a file is waited for, but in any case when its time is over.
    """
    soon, ends_at = timedelta(seconds=current_settings().mux_silence_seconds), upload.url_expires_at or at
    if upload.status is not UploadStatus.WAITING or ends_at <= at:
        return at + soon
    if upload.url_given_at is None:
        return ends_at
    return min(at + max(soon, (at - upload.url_given_at) / 4), ends_at)


def _add_attempt(programme: Programme, by: User, at: datetime) -> Upload:
    upload = Upload(product_id=programme.product_id, created_by_id=by.id, created_at=at, updated_at=at)
    db.session.add(upload)
    db.session.flush()
    return upload
