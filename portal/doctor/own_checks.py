"""Whether the portal's own parts do their work: database, worker, queue, debts to Mux, settings."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from portal.config import Settings
from portal.doctor.findings import Finding, broken, counted, fine, look, when
from portal.environ import is_loopback
from portal.models import PeriodicWork
from portal.models.discard import count_open_discards
from portal.models.symptoms import all_periodic_work, count_overdue_questions, oldest_refused_discard
from portal.nudge import WorkName

DATABASE, WORKER, QUEUE, ADDRESS = "Database", "Worker", "Queue", "Address"
EACH_MINUTE = frozenset({WorkName.ASK_MUX, WorkName.PAY_DISCARDS})
WORKER_SILENT_FOR = timedelta(minutes=3)
QUESTION_LATE_AFTER = timedelta(minutes=10)
QUEUE_LONG_FROM = 100
START_WORKER = "huey_consumer.py worker.huey -w 2"


def check_database(reason_not_ready: str | None) -> Finding:
    if reason_not_ready is None:
        return fine(DATABASE, "It answers, and its tables are current.")
    found, _, command = reason_not_ready.partition(" Run: ")
    return broken(DATABASE, found, "Bring the tables up to date." if command else "", command)


def check_work(at: datetime) -> Iterator[Finding]:
    """What the worker has left in the tables. Four queries."""
    work = all_periodic_work()
    yield _worker(work, at)
    yield _last_runs(work)
    yield _debts()
    yield _questions(at)


def _worker(work: Sequence[PeriodicWork], at: datetime) -> Finding:
    finished = [row.finished_at for row in work if row.name in EACH_MINUTE and row.finished_at is not None]
    if not finished:
        return broken(WORKER, "It has never run.", "Start it beside the portal, and keep it running.", START_WORKER)
    if max(finished) <= at - WORKER_SILENT_FOR:
        found = f"It has done nothing since {when(max(finished))}."
        return broken(WORKER, found, "Start it again, and look at the end of its log.", START_WORKER)
    return fine(WORKER, "It is at work.")


def _last_runs(work: Sequence[PeriodicWork]) -> Finding:
    failed = [f"{row.name}: {row.error}" for row in work if row.error]
    if not failed:
        return fine("Periodic work", "All of it went well the last time.")
    return look(
        "Periodic work",
        f"The last run did not end well. {'; '.join(failed)}",
        "It is tried again by itself. If this stays, the log has a line work.failed with the details.",
    )


def _debts() -> Finding:
    name, count = "To be removed at Mux", count_open_discards()
    if not count:
        return fine(name, "Nothing is left to be removed.")
    oldest, waits = oldest_refused_discard(), counted(count, "thing waits", "things wait")
    if oldest is None:
        return fine(name, f"{waits} for the worker.")
    return look(
        name,
        f"{waits}. The oldest that Mux refused, the {oldest.kind.value} {oldest.mux_id}, was to go on "
        f"{when(oldest.created_at)}: {oldest.error}",
        "It is tried again every hour at least. If it never succeeds, remove it in Mux’s dashboard.",
    )


def _questions(at: datetime) -> Finding:
    late = count_overdue_questions(at - QUESTION_LATE_AFTER)
    if not late:
        return fine("Questions to Mux", "None is overdue.")
    uploads = counted(late, "upload", "uploads")
    return look(
        "Questions to Mux",
        f"Mux should have been asked about {uploads} more than ten minutes ago.",
        "Look whether the worker runs and Mux answers, or ask now.",
        "flask --app wsgi portal settle",
    )


def check_queue(length: int | None) -> Finding:
    if length is None:
        to_do = "Look whether what HUEY_URL names runs; without it, whether the instance folder can be written to."
        return broken(QUEUE, "It does not answer.", to_do, "HUEY_URL=…")
    waits = counted(length, "task waits", "tasks wait")
    if length >= QUEUE_LONG_FROM:
        return look(QUEUE, f"{waits} for the worker.", "Look whether the worker runs, or start it with more threads.")
    return fine(QUEUE, f"{waits} for the worker." if length else "It is empty.")


def check_address(settings: Settings) -> Finding:
    if settings.public_url.startswith("https://"):
        return fine(ADDRESS, f"{settings.public_url} is encrypted.")
    if is_loopback(settings.public_url):
        return fine(ADDRESS, f"{settings.public_url} is reached from this machine alone.")
    found = f"{settings.public_url} is not encrypted: passwords and sessions can be read on the way."
    return look(
        ADDRESS, found, "Put a proxy with a certificate in front, and name its address.", "PUBLIC_URL=https://…"
    )
