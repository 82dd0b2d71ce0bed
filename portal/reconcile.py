"""Asking Mux for the truth, where an event is missing or can't be right, and paying what is owed to it.

Each function closes its transaction before it calls Mux and commits what came back.
"""

import uuid
from datetime import datetime, timedelta

import structlog

from portal.extensions import db
from portal.lifecycle import Decision, apply_report, next_check
from portal.models.discarded_asset import DiscardedAsset, select_discards_due
from portal.models.programme import select_programme_for_update
from portal.models.upload import Upload, select_current_upload, select_products_to_check
from portal.mux.facts import DirectUpload, Fact, Report
from portal.mux.gateway import MuxError, MuxGateway, Trouble

BATCH = 20
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)
STEP_BACK = timedelta(minutes=10)
# Whoever else is asked or deleted now meets the same.
MUX_IS_DOWN = frozenset({Trouble.OUT_OF_REACH, Trouble.RATE_LIMITED, Trouble.CREDENTIALS})

log = structlog.get_logger()


def ask_mux(product_id: uuid.UUID, mux: MuxGateway, at: datetime) -> Decision | None:
    """Ask what became of a programme's current attempt and apply the answer; None if Mux knows nothing new.

    Raises MuxError when Mux can't be asked; the question then stays due.
    """
    current = db.session.scalar(select_current_upload(product_id))
    if current is None or (current.mux_upload_id is None and current.asset_id is None):
        db.session.commit()
        return None
    attempt_id, upload_id, asset_id = current.id, current.mux_upload_id, current.asset_id
    db.session.commit()
    report = _truth(upload_id, asset_id, mux)
    programme = db.session.scalar(select_programme_for_update(product_id))
    attempt = db.session.get(Upload, attempt_id, populate_existing=True)
    if programme is None or attempt is None:
        db.session.rollback()
        return None
    attempt.check_due_at = None if report else next_check(attempt, at)
    decision = apply_report(programme, attempt, report, at=at, was_asked=True) if report else None
    db.session.commit()
    return decision


def ask_about_due(mux: MuxGateway, at: datetime) -> int:
    """Ask about every attempt whose question is due, a bounded batch; how many were settled.

    A question that Mux stumbles over steps back, so that it does not stand in the way of the others.
    """
    due = list(db.session.scalars(select_products_to_check(at, BATCH)))
    db.session.commit()
    settled = 0
    for product_id in due:
        try:
            settled += ask_mux(product_id, mux, at) is not None
        except MuxError as error:
            log.warning("mux.unanswered", product_id=str(product_id), trouble=error.trouble, reason=error.message)
            if error.trouble in MUX_IS_DOWN:
                break
            _step_back(product_id, at)
    return settled


def delete_discarded(mux: MuxGateway, at: datetime) -> int:
    """Delete at Mux what was discarded, a bounded batch; how many are gone. A refusal is tried again, ever later."""
    due = [(row.id, row.asset_id) for row in db.session.scalars(select_discards_due(at, BATCH))]
    db.session.commit()
    deleted = 0
    for row_id, asset_id in due:
        error = _delete(asset_id, mux)
        row = db.session.get(DiscardedAsset, row_id, populate_existing=True)
        if row is None:
            db.session.rollback()
            continue
        row.tries += 1
        row.error = str(error) if error else None
        if error is None:
            row.deleted_at = at
            deleted += 1
        else:
            row.next_try_at = at + _wait_after(row.tries)
        db.session.commit()
        if error is not None and error.trouble in MUX_IS_DOWN:
            break
    return deleted


def _wait_after(tries: int) -> timedelta:
    doublings = min(tries - 1, 10)  # more than it takes to get to the longest
    return min(FIRST_RETRY * 2**doublings, LONGEST_RETRY)


def _step_back(product_id: uuid.UUID, at: datetime) -> None:
    attempt = db.session.scalar(select_current_upload(product_id))
    if attempt is not None and attempt.check_due_at is not None:
        attempt.check_due_at = at + STEP_BACK
    db.session.commit()


def _delete(asset_id: str, mux: MuxGateway) -> MuxError | None:
    """What went wrong, or None."""
    try:
        mux.delete_asset(asset_id)
    except MuxError as error:
        log.warning("mux.asset_not_deleted", asset_id=asset_id, trouble=error.trouble, reason=error.message)
        return error
    log.info("mux.asset_deleted", asset_id=asset_id)
    return None


def _truth(upload_id: str | None, asset_id: str | None, mux: MuxGateway) -> Report | None:
    if asset_id is None and upload_id is not None:
        upload = _upload_or_none(upload_id, mux)
        if upload is None or upload.status == "timed_out":
            return Report(fact=Fact.UPLOAD_TIMED_OUT, upload_id=upload_id)
        if upload.status == "cancelled":
            return Report(fact=Fact.UPLOAD_CANCELLED, upload_id=upload_id)
        if upload.status == "errored":
            return Report(fact=Fact.UPLOAD_ERRORED, upload_id=upload_id, fault=upload.fault)
        asset_id = upload.asset_id
    if asset_id is None:
        return None
    try:
        return mux.get_asset(asset_id)
    except MuxError as error:
        if error.trouble is Trouble.NOT_FOUND:
            return Report(fact=Fact.ASSET_DELETED, upload_id=upload_id, asset_id=asset_id)
        raise


def _upload_or_none(upload_id: str, mux: MuxGateway) -> DirectUpload | None:
    try:
        return mux.get_upload(upload_id)
    except MuxError as error:
        if error.trouble is Trouble.NOT_FOUND:
            return None
        raise
