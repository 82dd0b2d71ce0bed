"""Background work, each piece a thin call into the module that knows how."""

import structlog
from flask import Flask
from huey import SqliteHuey, crontab

from portal.clock import utc_now
from portal.config import Settings
from portal.extensions import db
from portal.mux.gateway import current_mux
from portal.reconcile import ask_about_due, delete_discarded

log = structlog.get_logger()


def make_worker(app: Flask, settings: Settings) -> SqliteHuey:
    """The task queue of an application, with its periodic work; Huey's consumer runs it."""
    huey = SqliteHuey("portal", filename=str(settings.instance / "queue.sqlite3"), utc=True)

    @huey.periodic_task(crontab(minute="*"))
    @huey.lock_task("settle-with-mux")
    def settle_with_mux() -> None:
        with app.app_context():
            run_settling()

    return huey


def run_settling() -> None:
    """Ask Mux what is open, and delete there what was discarded."""
    settled = ask_about_due(current_mux(), utc_now())
    deleted = delete_discarded(current_mux(), utc_now())
    db.session.remove()
    if settled or deleted:
        log.info("mux.settled", settled=settled, deleted=deleted)
