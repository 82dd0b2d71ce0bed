"""Getting an upload address from Mux: commit what is intended, call, commit what came back.

It spans two transactions on purpose, and so commits by itself: none may be open while Mux is being called
(docs/decisions/0002-commits-around-mux-calls.md). An upload that Mux made and that can't be used any more is
discarded, so that none is left there without an owner.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt, hand_out, is_under_way, keep_upload
from portal.lifecycle.deletion import take_back_programme
from portal.lifecycle.moves import StateConflictError
from portal.lifecycle.replacement import Replacement, replacement_of
from portal.models import Programme, Status, Upload, User
from portal.models.discard import discard_upload
from portal.models.programme import select_programme_for_update
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload
from portal.mux.gateway import MuxGateway, UploadRequest
from portal.upkeep.reconcile import ask_mux

META_TITLE_MAX_CHARACTERS = 512  # Mux's limit; ours is lower

# Called with the attempt in the very transaction that keeps its address, so that there is never one without the other.
Keep = Callable[[Upload], None]


def keep_nothing(_upload: Upload) -> None:
    """What is kept beside an address where nobody wants anything kept."""


def open_upload(programme: Programme, upload: Upload, mux: MuxGateway, *, is_handed_out: bool) -> Upload:
    """Ask Mux for the address of an attempt that was just begun, and keep it.

    Raises MuxError with the attempt kept and nothing opened, StateConflictError when a newer attempt was begun in
    the meantime.
    """
    product_id = programme.product_id
    answer = _ask_for_address(programme, mux)
    with _discarded_on_failure(answer, product_id):
        locked = _programme_as_it_stands(product_id)
        current = db.session.scalar(select_current_upload(product_id))
        if current is None or current.id != upload.id or not is_under_way(locked, current):
            raise StateConflictError("The programme changed in the meantime: this upload is not wanted any more.")
        keep_upload(current, answer, is_handed_out=is_handed_out, at=utc_now())
        db.session.commit()
    return current


def open_upload_or_leave_nothing(programme: Programme, upload: Upload, mux: MuxGateway) -> Upload:
    """Hand out the address of a new programme's first attempt; without one the programme is taken back."""
    product_id = programme.product_id
    try:
        return open_upload(programme, upload, mux, is_handed_out=True)
    except Exception:
        db.session.rollback()
        left = db.session.scalar(select_programme_for_update(product_id))
        current = db.session.scalar(select_current_upload(product_id))
        if left is not None and current is not None and current.id == upload.id and current.mux_upload_id is None:
            take_back_programme(left)  # unless somebody else has got an address for it in the meantime
        db.session.commit()
        raise


def open_another_upload(
    programme: Programme, by: User, mux: MuxGateway, *, is_handed_out: bool, keep: Keep = keep_nothing
) -> Upload:
    """Begin a further attempt, once Mux has given the address for it. For one that plays it is the next video's.

    When Mux fails (MuxError) everything is as it was. Raises StateConflictError while a video is being processed, and
    when the programme changed while Mux was asked.
    """
    product_id = programme.product_id
    _refuse_if_video_has_arrived(programme)
    before = _stand_of(programme)
    answer = _ask_for_address(programme, mux)
    with _discarded_on_failure(answer, product_id):
        locked, at = _programme_as_it_stands(product_id), utc_now()
        if _stand_of(locked) != before:
            raise StateConflictError("The programme changed in the meantime. Look at it again.")
        upload = begin_attempt(locked, by, at=at)
        keep_upload(upload, answer, is_handed_out=is_handed_out, at=at)
        keep(upload)
        db.session.commit()
    return upload


def upload_to_use(
    programme: Programme, by: User, mux: MuxGateway, *, may_replace: bool = False, keep: Keep = keep_nothing
) -> Upload:
    """An upload whose address no browser has used yet: the one that waits, or else a fresh attempt.

    Before an address that was handed out is given up, Mux is asked whether the video has come through it after all.
    `may_replace` lets it begin a new video for a programme that plays. Raises StateConflictError where a video has
    come, MuxError when Mux can't be asked; all is as it was then.
    """
    at, product_id = utc_now(), programme.product_id
    _refuse_if_nothing_is_wanted(programme, may_replace=may_replace)
    current = db.session.scalar(select_current_upload(product_id))
    if current is not None and current.can_be_handed_out(at):
        hand_out(current, at=at)
        keep(current)
        db.session.commit()
        return current
    if current is not None and current.mux_upload_id and is_under_way(programme, current):
        ask_mux(product_id, mux, at)
        programme = _programme_as_it_stands(product_id)
        _refuse_if_nothing_is_wanted(programme, may_replace=False)
    return open_another_upload(programme, by, mux, is_handed_out=True, keep=keep)


def _ask_for_address(programme: Programme, mux: MuxGateway) -> DirectUpload:
    request = UploadRequest(
        passthrough=str(programme.product_id),
        title=programme.title[:META_TITLE_MAX_CHARACTERS],
        creator_id=str(programme.product.owner_id),
        cors_origin=current_settings().public_url,
    )
    db.session.commit()
    return mux.create_upload(request)


@contextmanager
def _discarded_on_failure(answer: DirectUpload, product_id: uuid.UUID) -> Iterator[None]:
    """Have Mux cancel an upload that it just made, should what it was made for come to nothing."""
    try:
        yield
    except Exception:
        db.session.rollback()
        discard_upload(answer.id, product_id, "it was not wanted any more", utc_now())
        db.session.commit()
        raise


def _programme_as_it_stands(product_id: uuid.UUID) -> Programme:
    programme = db.session.scalar(select_programme_for_update(product_id))
    if programme is None or programme.is_deleted:
        raise StateConflictError("The programme was deleted in the meantime.")
    return programme


def _stand_of(programme: Programme) -> tuple[Status, int | None, str | None]:
    """What must not have changed between the decision to begin an attempt and its beginning."""
    current = db.session.scalar(select_current_upload(programme.product_id))
    return (programme.status, current.id, current.asset_id) if current else (programme.status, None, None)


def _refuse_if_nothing_is_wanted(programme: Programme, *, may_replace: bool) -> None:
    _refuse_if_video_has_arrived(programme)
    current = db.session.scalar(select_current_upload(programme.product_id))
    if programme.is_playable and not may_replace and replacement_of(programme, current) is None:
        raise StateConflictError("This programme has its video.")


def _refuse_if_video_has_arrived(programme: Programme) -> None:
    current = db.session.scalar(select_current_upload(programme.product_id))
    if programme.status is Status.PROCESSING or replacement_of(programme, current) is Replacement.PROCESSING:
        raise StateConflictError("The video has arrived and is being prepared. There is nothing more to upload.")
