"""Background work, each piece a thin call into the module that knows how.

What is to be done stands in rows, written in the transaction that decided it. A task only says that it is time to
look: one that is lost is made up for by the next minute's, one too many finds nothing to do.
"""

from datetime import timedelta

from flask import Flask
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab

from portal.config import Settings
from portal.mail.outbox import compose_mails, send_mails
from portal.mux.gateway import current_mux
from portal.notices.digest import make_digest
from portal.nudge import WorkName
from portal.upkeep.discarding import pay_discards
from portal.upkeep.housekeeping import forget_the_old, remove_deleted_programmes, tell_of_unfinished_uploads
from portal.upkeep.orphans import find_orphans
from portal.upkeep.periodic import Work, do_work
from portal.upkeep.reconcile import ask_about_due

EACH_MINUTE = timedelta(seconds=45)  # less than the minute between two ticks, so that none is missed
EACH_HOUR = timedelta(hours=1)
EACH_DAY = timedelta(days=1)
MUX_PAUSE_SECONDS = 0.25  # Mux takes 5 calls a second, and people's own calls come on top

TASK_EXPIRES_AFTER = timedelta(minutes=5)  # what waited longer is due again anyway

WORK = {
    WorkName(work.name): work
    for work in (
        Work(
            name=WorkName.ASK_MUX,
            every=EACH_MINUTE,
            run=lambda at, turn: ask_about_due(current_mux(), at, turn),
            pause_seconds=MUX_PAUSE_SECONDS,
        ),
        Work(
            name=WorkName.PAY_DISCARDS,
            every=EACH_MINUTE,
            run=lambda at, turn: pay_discards(current_mux(), at, turn),
            pause_seconds=MUX_PAUSE_SECONDS,
        ),
        Work(name=WorkName.REMIND, every=EACH_HOUR, run=tell_of_unfinished_uploads),
        Work(name=WorkName.REMOVE_DELETED, every=EACH_HOUR, run=remove_deleted_programmes),
        Work(name=WorkName.FORGET, every=EACH_HOUR, run=forget_the_old),
        Work(name=WorkName.COMPOSE_MAILS, every=EACH_MINUTE, run=compose_mails),
        Work(name=WorkName.SEND_MAILS, every=EACH_MINUTE, run=send_mails),
        Work(name=WorkName.DIGEST, every=EACH_HOUR, run=make_digest),
        Work(
            name=WorkName.FIND_ORPHANS,
            every=EACH_DAY,
            run=lambda at, turn: find_orphans(current_mux(), at, turn),
            pause_seconds=MUX_PAUSE_SECONDS,
        ),
    )
}


def make_worker(app: Flask, settings: Settings) -> Huey:
    """The task queue of an application with its periodic work; Huey's consumer runs it."""
    huey = _make_queue(settings)

    @huey.task(expires=TASK_EXPIRES_AFTER)
    def do(name: str, *, is_due_now: bool = False) -> None:
        with app.app_context():
            do_work(WORK[WorkName(name)], is_due_now=is_due_now)

    @huey.periodic_task(crontab(minute="*"))
    def tick() -> None:
        for name in WORK:
            do(name.value)

    huey.do = do
    return huey


def _make_queue(settings: Settings) -> Huey:
    """Nothing reads a task's result: what came of it stands in rows."""
    if settings.queue_url.startswith("postgresql:"):
        return PostgresHuey("portal", results=False, dsn=settings.queue_url)
    if settings.queue_url:
        return RedisHuey("portal", results=False, url=settings.queue_url)
    settings.instance.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("portal", results=False, filename=str(settings.instance / "queue.sqlite3"))
