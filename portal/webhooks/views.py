"""POST /webhooks/mux: verify the raw bytes, keep the event, apply it once, and say so in one line of the log."""

import time
from collections.abc import Sequence
from typing import cast

import structlog
from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.blueprints import BlueprintSetupState

from portal.clock import utc_now
from portal.config import current_settings
from portal.errors import problem
from portal.extensions import csrf, db
from portal.inbox import Receipt, keep_failure, receive_all
from portal.models import Outcome
from portal.mux.webhook import BadEventError, BadSignatureError, MuxEvent, parse, verify
from portal.request_body import read_body
from portal.webhook_refusals import current_refusals
from portal.webhooks.gathering import Gathering

BODY_MAX_BYTES = 1024 * 1024
MOST_TOGETHER = 64  # events in one transaction: it holds the locks of their programmes

webhooks = Blueprint("webhooks", __name__)
csrf.exempt(webhooks)  # each request proves by its signature whom it comes from

log = structlog.get_logger()


@webhooks.record_once
def _gather(state: BlueprintSetupState) -> None:
    state.app.extensions["webhook_gathering"] = Gathering(_receive_together, most=MOST_TOGETHER)


@webhooks.post("/webhooks/mux")
def receive_mux_event() -> Response:
    """401 before the database is touched, 200 for whatever was decided, 500 so that Mux tries again."""
    started = time.perf_counter()
    event = _verified_event()
    try:
        receipt = _gathering().bring(event)
    except Exception as error:  # noqa: BLE001 - whatever it was, the event is kept and Mux comes again
        return _keep_for_another_try(event, error, started)
    _log(event, receipt, started)
    return jsonify(outcome=receipt.outcome.value)


def _gathering() -> Gathering[MuxEvent, Receipt]:
    return cast("Gathering[MuxEvent, Receipt]", current_app.extensions["webhook_gathering"])


def _receive_together(events: Sequence[MuxEvent]) -> Sequence[Receipt]:
    """Events that came at the same time, in one transaction."""
    try:
        receipts = receive_all(events, utc_now())
        db.session.commit()
    except Exception:
        db.session.rollback()
        raise
    return receipts


def _verified_event() -> MuxEvent:
    body = read_body(BODY_MAX_BYTES)
    try:
        verify(body, request.headers.get("Mux-Signature"), current_settings().mux_webhook_secrets, utc_now())
        return parse(body)
    except BadSignatureError as error:
        log.warning("webhook.refused", reason=str(error), address=request.remote_addr)
        current_refusals().note(str(error), utc_now())
        abort(401, "The signature is not accepted.")
    except BadEventError as error:
        log.warning("webhook.unreadable", reason=str(error))
        abort(400, str(error))


def _keep_for_another_try(event: MuxEvent, error: Exception, started: float) -> Response:
    log.error(
        "webhook.failed",
        id=event.id,
        type=event.type,
        programme=None,  # it may be what could not be found out
        outcome=Outcome.FAILED.value,
        milliseconds=_milliseconds_since(started),
        exc_info=error,
    )
    keep_failure(event, error, utc_now())
    db.session.commit()
    return problem(500, "The event was kept, but could not be applied. Send it again.")


def _log(event: MuxEvent, receipt: Receipt, started: float) -> None:
    log.info(
        "webhook.received",
        id=event.id,
        type=event.type,
        programme=str(receipt.product_id) if receipt.product_id else None,
        outcome=receipt.outcome.value,
        reason=receipt.reason,
        is_repeat=receipt.is_repeat,
        milliseconds=_milliseconds_since(started),
    )


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
