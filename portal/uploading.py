"""Getting an upload address from Mux: commit what is intended, call, commit what came back.

It spans two transactions on purpose, and so commits by itself: none may be open while Mux is being called
(docs/decisions/0002-commits-around-mux-calls.md).
"""

from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt, hand_out, keep_upload
from portal.lifecycle.moves import StateConflictError
from portal.models import Programme, Status, Upload, User
from portal.models.programme import select_programme_for_update
from portal.models.upload import select_current_upload
from portal.mux.gateway import MuxGateway, UploadRequest
from portal.reconcile import ask_mux

META_TITLE_MAX_CHARACTERS = 512  # Mux's limit; ours is lower


def open_upload(programme: Programme, upload: Upload, mux: MuxGateway, *, is_handed_out: bool) -> Upload:
    """Ask Mux for the address of an attempt that was just begun, and keep it.

    Raises MuxError with the attempt kept and nothing opened, StateConflictError when a newer attempt was begun in
    the meantime.
    """
    product_id = programme.product_id
    request = UploadRequest(
        passthrough=str(product_id),
        title=programme.title[:META_TITLE_MAX_CHARACTERS],
        creator_id=str(programme.product.owner_id),
        cors_origin=current_settings().public_url,
    )
    db.session.commit()
    answer = mux.create_upload(request)
    db.session.scalar(select_programme_for_update(product_id))
    current = db.session.scalar(select_current_upload(product_id))
    if current is None or current.id != upload.id:
        db.session.rollback()
        raise StateConflictError("Another upload was begun for this programme in the meantime.")
    keep_upload(current, answer, is_handed_out=is_handed_out, at=utc_now())
    db.session.commit()
    return current


def upload_to_use(programme: Programme, by: User, mux: MuxGateway) -> Upload:
    """An upload whose address no browser has used yet: the one that waits, or else a fresh attempt.

    Before an address that was handed out is given up, Mux is asked whether the video has come through it after all.
    Raises StateConflictError when it has, MuxError when Mux can't be asked.
    """
    at = utc_now()
    _refuse_if_there_is_a_video(programme)
    current = db.session.scalar(select_current_upload(programme.product_id))
    if current is not None and current.can_be_handed_out(at):
        hand_out(current, at=at)
        db.session.commit()
        return current
    if current is not None and current.mux_upload_id and programme.status is Status.AWAITING_UPLOAD:
        ask_mux(programme.product_id, mux, at)
        locked = db.session.scalar(select_programme_for_update(programme.product_id))
        if locked is None:
            raise StateConflictError("The programme was deleted in the meantime.")
        _refuse_if_there_is_a_video(locked)
    return open_upload(programme, begin_attempt(programme, by, at=at), mux, is_handed_out=True)


def _refuse_if_there_is_a_video(programme: Programme) -> None:
    if programme.status is Status.PROCESSING:
        raise StateConflictError("The video has arrived and is being prepared. There is nothing more to upload.")
    if programme.status is Status.READY:
        raise StateConflictError("This programme has its video.")
