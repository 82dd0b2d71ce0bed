"""Taking in events that are known to be Mux's: together with those that come at the same time, each with its line."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

import structlog
from flask import Flask, current_app

from portal.clock import milliseconds_since
from portal.database.gathering import Gathering
from portal.extensions import db
from portal.inbox import Receipt, keep_failure, receive
from portal.models import Outcome
from portal.mux.webhook import MuxEvent

if TYPE_CHECKING:
    from portal.clock import Clock
    from portal.database.bare_connections import BareConnections

MOST_TOGETHER = 64  # events in one transaction: it holds the locks of their programmes
PATIENCE_SECONDS = 0.01

log = structlog.get_logger()


def current_reception() -> "Reception":
    """That of the application at work."""
    return cast("Reception", current_app.extensions["webhook_reception"])


class Reception:
    """One for an application; its threads meet in it."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._connections: BareConnections = app.extensions["bare_connections"]
        self._gathering = Gathering(self._receive_together, most=MOST_TOGETHER, patience_seconds=PATIENCE_SECONDS)

    def take(self, event: MuxEvent) -> Receipt | None:
        """Keep an event and apply it, once. None if that failed: Mux is to come again.

        Then it is kept with the reason, if anything can be kept. The caller has no transaction open.
        """
        started = time.perf_counter()
        try:
            receipt = self._gathering.bring(event)
        except Exception as error:  # noqa: BLE001 - whatever it was, the event is kept and Mux comes again
            _log_failure(event, error, started)
            self._keep_failure(event, error)
            return None
        _log(event, receipt, started)
        return receipt

    def _receive_together(self, events: Sequence[MuxEvent]) -> Sequence[Receipt]:
        """In one transaction, by whichever thread leads."""
        with self._app.app_context(), self._connections.writing() as connection:
            return receive(connection, events, self._now())

    def _keep_failure(self, event: MuxEvent, error: Exception) -> None:
        with self._app.app_context():
            try:
                keep_failure(event, error, self._now())
                db.session.commit()
            except Exception:  # most likely the database is away
                db.session.rollback()
                log.exception("webhook.not_kept", id=event.id)

    def _now(self) -> datetime:
        return cast("Clock", self._app.extensions["clock"])()


def _log(event: MuxEvent, receipt: Receipt, started: float) -> None:
    log.info(
        "webhook.received",
        id=event.id,
        type=event.type,
        programme=str(receipt.product_id) if receipt.product_id else None,
        outcome=receipt.outcome.value,
        reason=receipt.reason,
        is_repeat=receipt.is_repeat,
        milliseconds=milliseconds_since(started),
    )


def _log_failure(event: MuxEvent, error: Exception, started: float) -> None:
    log.error(
        "webhook.failed",
        id=event.id,
        type=event.type,
        programme=None,  # it may be what could not be found out
        outcome=Outcome.FAILED.value,
        milliseconds=milliseconds_since(started),
        exc_info=error,
    )
