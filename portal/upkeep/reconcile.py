"""Asking Mux for the truth, where an event is missing or can't be right.

Each function closes its transaction before it calls Mux and commits what came back.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from portal.extensions import db
from portal.lifecycle.attempts import next_check
from portal.lifecycle.hearing import Decision
from portal.lifecycle.reports import apply_report
from portal.models import Programme, Status
from portal.models.programme import select_programme_for_update
from portal.models.upload import (
    Upload,
    select_current_upload,
    select_products_to_check,
    select_products_under_way,
    select_upload_by_asset,
)
from portal.mux.facts import DirectUpload, Fact, Report
from portal.mux.gateway import MUX_IS_AWAY, MuxError, MuxGateway, Trouble
from portal.upkeep.periodic import Run, Turn

BATCH = 100
STEP_BACK = timedelta(minutes=2)
ASKED_AGAIN_AFTER = timedelta(seconds=15)  # however often a page is opened

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
    attempt.asked_at = at
    attempt.check_due_at = None if report else next_check(attempt, at)
    decision = apply_report(programme, attempt, report, at=at, was_asked=True) if report else None
    db.session.commit()
    return decision


def is_worth_asking(programme: Programme, current: Upload | None, at: datetime) -> bool:
    """Whether somebody who looks at a programme should not be shown its state before Mux was asked.

    So it is when a question is due that the worker has not come to, and for a video that has been processing for
    longer than Mux's events take to come.
    """
    if current is None or current.check_due_at is None or (current.asset_id or current.mux_upload_id) is None:
        return False
    if current.asked_at is not None and at < current.asked_at + ASKED_AGAIN_AFTER:
        return False
    was_asked_before = programme.status is Status.PROCESSING and current.asked_at is not None
    return current.check_due_at <= at or was_asked_before


def ask_about_video(product_id: uuid.UUID, mux: MuxGateway, at: datetime) -> Decision | None:
    """Ask whether the asset that a programme plays is still there; None if all is as it should be."""
    programme = db.session.scalar(select_programme_for_update(product_id))
    asset_id = programme.mux_asset_id if programme else None
    db.session.commit()
    if asset_id is None:
        return None
    report = _asset_truth(None, asset_id, mux)
    programme = db.session.scalar(select_programme_for_update(product_id))
    if programme is None or report.fact is not Fact.ASSET_DELETED:
        db.session.rollback()
        return None
    attempt = db.session.scalar(select_upload_by_asset(asset_id))
    decision = apply_report(programme, attempt, report, at=at, was_asked=True)
    db.session.commit()
    return decision


def ask_about_due(mux: MuxGateway, at: datetime, turn: Turn) -> Run:
    """Ask about every attempt whose question is due, the longest due first, a bounded batch."""
    return _ask_about(list(db.session.scalars(select_products_to_check(at, BATCH))), mux, at, turn)


def ask_about_all(mux: MuxGateway, at: datetime, turn: Turn) -> Run:
    """Ask about every attempt that is under way, whether its question is due or not, a bounded batch."""
    return _ask_about(list(db.session.scalars(select_products_under_way(BATCH))), mux, at, turn)


def _ask_about(product_ids: Sequence[uuid.UUID], mux: MuxGateway, at: datetime, turn: Turn) -> Run:
    """A question that Mux stumbles over steps back, so that it does not stand in the way of the others."""
    db.session.commit()
    settled = 0
    for product_id in product_ids:
        turn()
        try:
            settled += ask_mux(product_id, mux, at) is not None
        except MuxError as error:
            log.warning("mux.unanswered", product_id=str(product_id), trouble=error.trouble, reason=error.message)
            if error.trouble in MUX_IS_AWAY:
                return Run(done=settled, stopped_by=error)
            _step_back(product_id, at)
    return Run(done=settled)


def _step_back(product_id: uuid.UUID, at: datetime) -> None:
    attempt = db.session.scalar(select_current_upload(product_id))
    if attempt is not None and attempt.check_due_at is not None:
        attempt.check_due_at = at + STEP_BACK
    db.session.commit()


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
    return None if asset_id is None else _asset_truth(upload_id, asset_id, mux)


def _asset_truth(upload_id: str | None, asset_id: str, mux: MuxGateway) -> Report:
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
