"""Paying what is owed to Mux: assets are deleted and uploads cancelled there, tried until it is done.

Each step closes its transaction before it calls Mux and commits what came back.
"""

from datetime import datetime, timedelta

import structlog

from portal.extensions import db
from portal.models import Discard, DiscardKind
from portal.models.discard import discard_asset, select_discards_due
from portal.models.upload import select_upload_by_mux_id
from portal.mux.errors import MUX_IS_AWAY, MuxError, MuxNotAskedError, Trouble
from portal.mux.gateway import MuxGateway
from portal.upkeep.periodic import Run, Turn

BATCH = 100
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)

log = structlog.get_logger()


def pay_discards(mux: MuxGateway, at: datetime, turn: Turn) -> Run:
    """Delete and cancel at Mux what was discarded, a bounded batch. A refusal is tried again, ever later."""
    due = [(row.id, row.kind, row.mux_id) for row in db.session.scalars(select_discards_due(at, BATCH))]
    db.session.commit()
    done = 0
    for row_id, kind, mux_id in due:
        turn()
        known_asset_id = _known_asset(kind, mux_id)
        error, asset_id = _pay(kind, mux_id, known_asset_id, mux)
        if isinstance(error, MuxNotAskedError):  # nothing was tried
            return Run(done=done, stopped_by=error)
        row = db.session.get(Discard, row_id, populate_existing=True)
        if row is None:
            db.session.rollback()
            continue
        _keep(row, error, asset_id, at)
        db.session.commit()
        done += error is None
        if error is not None and error.trouble in MUX_IS_AWAY:
            return Run(done=done, stopped_by=error)
    return Run(done=done)


def _keep(row: Discard, error: MuxError | None, asset_id: str | None, at: datetime) -> None:
    row.tries += 1
    row.error = str(error) if error else None
    if error is not None:
        row.next_try_at = at + _wait_after(row.tries)
        return
    row.done_at = at
    if asset_id is not None:
        discard_asset(asset_id, row.product_id, row.reason, at)


def _known_asset(kind: DiscardKind, mux_id: str) -> str | None:
    """The asset that an upload of ours brought, as far as we have heard of it."""
    if kind is not DiscardKind.UPLOAD:
        return None
    attempt = db.session.scalar(select_upload_by_mux_id(mux_id))
    asset_id = attempt.asset_id if attempt else None
    db.session.commit()
    return asset_id


def _pay(
    kind: DiscardKind, mux_id: str, known_asset_id: str | None, mux: MuxGateway
) -> tuple[MuxError | None, str | None]:
    """What went wrong, if anything; and the asset that came through an upload before it could be cancelled."""
    asset_id = None
    try:
        if kind is DiscardKind.ASSET:
            mux.delete_asset(mux_id)
        elif kind is DiscardKind.PLAYBACK_ID:
            asset, _, playback_id = mux_id.partition("/")
            mux.delete_playback_id(asset, playback_id)
        else:
            asset_id = _close_upload(mux_id, known_asset_id, mux)
    except MuxError as error:
        log.warning("mux.not_discarded", kind=kind, mux_id=mux_id, trouble=error.trouble, reason=error.message)
        return error, None
    log.info("mux.discarded", kind=kind, mux_id=mux_id)
    return None, asset_id


def _close_upload(upload_id: str, known_asset_id: str | None, mux: MuxGateway) -> str | None:
    """Cancel an upload that waits; the asset of one that waits no more, if it has one.

    Mux may name it no more once it was deleted; then it is the one that we know of.
    """
    try:
        upload = mux.get_upload(upload_id)
    except MuxError as error:
        if error.trouble is Trouble.NOT_FOUND:
            return None
        raise
    if upload.status == "waiting":
        mux.cancel_upload(upload_id)
        return None
    asset_id = upload.asset_id or known_asset_id
    if upload.status == "asset_created" and asset_id is None:
        raise MuxError(Trouble.UNREADABLE, "Mux made an asset of the upload without saying which")
    return asset_id


def _wait_after(tries: int) -> timedelta:
    doublings = min(tries - 1, 10)  # more than it takes to get to the longest
    return min(FIRST_RETRY * 2**doublings, LONGEST_RETRY)
