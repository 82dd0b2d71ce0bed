"""Periodic work under a lease, so that ten workers do not all ask Mux at once and one that died holds nothing up.

A lease is a row (portal.models.periodic_work). It is taken when the work is due and nobody holds it, and runs out by
itself if its holder does not renew it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import CursorResult, Update, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.clock import utc_now
from portal.extensions import db
from portal.models import PeriodicWork
from portal.mux.gateway import MuxError

LEASE = timedelta(seconds=60)
RENEWED_BEFORE_SECONDS = 20
LONGEST_WAIT = timedelta(hours=1)  # whatever Mux says in Retry-After
ERROR_MAX_CHARACTERS = 2000

Turn = Callable[[], None]  # called before each step that others must not repeat at once; it may wait

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a piece of work came to: how many things it did, and Mux's failure that ended it early, if any."""

    done: int
    stopped_by: MuxError | None = None


@dataclass(frozen=True, kw_only=True)
class Work:
    """A piece of work by its name, how often it is to run, and the function that does it."""

    name: str
    every: timedelta
    run: Callable[[datetime, Turn], Run]
    pause_seconds: float = 0  # between two steps: Mux takes 5 calls a second


class LeaseLostError(Exception):
    """Another worker has taken the work over, as this one was silent for too long."""


def do_work(work: Work, *, is_due_now: bool = False) -> Run | None:
    """Do a piece of work if it is due and nobody else does it; None if not. Whatever it fails of is kept and logged."""
    at = utc_now()
    if not _take(work.name, at, is_due_now=is_due_now):
        return None
    run, error = Run(done=0), None
    try:
        run = work.run(at, _Turns(work, at))
    except Exception as failure:  # whatever it is, the next run tries again
        db.session.rollback()
        error = f"{type(failure).__name__}: {failure}"
        log.exception("work.failed", work=work.name)
    _finish(work, at, run, error)
    db.session.remove()
    if run.done:
        log.info("work.done", work=work.name, done=run.done)
    return run


class _Turns:
    """Before each step: keep Mux's pace, and keep the lease."""

    def __init__(self, work: Work, started_at: datetime) -> None:
        self._work = work
        self._started_at = started_at
        self._renewed = time.monotonic()
        self._stepped = 0.0

    def __call__(self) -> None:
        wait = self._stepped + self._work.pause_seconds - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._stepped = time.monotonic()
        if self._stepped - self._renewed > RENEWED_BEFORE_SECONDS:
            _renew(self._work.name, self._started_at)
            self._renewed = self._stepped


def _take(name: str, at: datetime, *, is_due_now: bool) -> bool:
    dialect = db.session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    db.session.execute(
        insert(PeriodicWork).values(name=name, due_at=at).on_conflict_do_nothing(index_elements=["name"])
    )
    free = [PeriodicWork.name == name, or_(PeriodicWork.held_until.is_(None), PeriodicWork.held_until <= at)]
    if not is_due_now:
        free.append(PeriodicWork.due_at <= at)
    taken = db.session.execute(update(PeriodicWork).where(*free).values(held_until=at + LEASE, started_at=at))
    db.session.commit()
    return isinstance(taken, CursorResult) and taken.rowcount == 1


def _renew(name: str, started_at: datetime) -> None:
    kept = db.session.execute(_held(name, started_at).values(held_until=utc_now() + LEASE))
    db.session.commit()
    if not isinstance(kept, CursorResult) or kept.rowcount != 1:
        raise LeaseLostError(f"another worker has taken {name} over")


def _finish(work: Work, started_at: datetime, run: Run, error: str | None) -> None:
    at, wait = utc_now(), work.every
    if run.stopped_by is not None:
        error = str(run.stopped_by)
        wanted = timedelta(seconds=run.stopped_by.retry_after_seconds or 0)
        wait = max(wait, min(wanted, LONGEST_WAIT))
    if error is not None:
        wait = min(wait, LONGEST_WAIT)  # what is done once a day must not wait for the next one
    values = {
        "held_until": None,
        "finished_at": at,
        "due_at": at + wait,
        "error": error[:ERROR_MAX_CHARACTERS] if error else None,
    }
    db.session.execute(_held(work.name, started_at).values(values))
    db.session.commit()


def _held(name: str, started_at: datetime) -> Update:
    """The row, as long as it is this run that holds it."""
    return update(PeriodicWork).where(PeriodicWork.name == name, PeriodicWork.started_at == started_at)
