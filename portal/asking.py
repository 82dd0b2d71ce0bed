"""Asking Mux at once, since somebody looks at a programme about which a question is open.

It commits around the call, as portal.upkeep.reconcile does, and writes in a request that otherwise only reads.
"""

import uuid
from datetime import datetime

import structlog
from sqlalchemy import CursorResult, or_, update

from portal.database.transactions import expecting_writes
from portal.extensions import db
from portal.models import Upload
from portal.mux.gateway import MuxError, MuxGateway
from portal.upkeep.reconcile import ASKED_AGAIN_AFTER, ask_mux

log = structlog.get_logger()


def ask_at_once(product_id: uuid.UUID, mux: MuxGateway, at: datetime) -> None:
    """Ask what became of a programme's current attempt, unless somebody asked a moment ago.

    A failure of Mux's is only logged: the question stays open for the worker, and whoever looks is shown what is
    known. Rows that the caller holds may have changed.
    """
    db.session.commit()
    with expecting_writes():
        if not _take(product_id, at):
            return
        try:
            ask_mux(product_id, mux, at)
        except MuxError as error:
            log.warning("mux.unanswered", product_id=str(product_id), trouble=error.trouble, reason=error.message)


def _take(product_id: uuid.UUID, at: datetime) -> bool:
    """Mark the question as asked before it is: of many open pages one waits for Mux, and a slow Mux is left alone."""
    is_free = or_(Upload.asked_at.is_(None), Upload.asked_at <= at - ASKED_AGAIN_AFTER)
    taken = db.session.execute(
        update(Upload)
        .where(Upload.product_id == product_id, Upload.superseded_at.is_(None), is_free)
        .values(asked_at=at)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return isinstance(taken, CursorResult) and taken.rowcount == 1
