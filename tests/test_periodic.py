"""Periodic work under a lease: once at a time, again when it is due, and never held up by a worker that died."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from structlog.testing import capture_logs

from portal.extensions import db
from portal.models import PeriodicWork
from portal.mux.gateway import MuxError, Trouble
from portal.upkeep import periodic
from portal.upkeep.periodic import LEASE, LONGEST_WAIT, Run, Turn, Work, do_work
from tests.clock import NOON, StoppedClock

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def test_work_is_done_when_it_is_due_and_not_before(in_app: Flask, clock: StoppedClock) -> None:
    done = []
    for seconds in (0, 30, 59, 60, 61, 120):
        clock.at = NOON + timedelta(seconds=seconds)
        done.append(do_work(work(lambda: Run(done=1))) is not None)

    assert done == [True, False, False, True, False, True]


def test_work_is_done_at_once_where_somebody_wants_that(in_app: Flask) -> None:
    assert do_work(work(lambda: Run(done=1)))
    assert do_work(work(lambda: Run(done=2)), is_due_now=True) == Run(done=2)


def test_while_one_worker_is_at_it_no_other_is(app: Flask) -> None:
    def second_worker() -> Run | None:
        with app.app_context():
            return do_work(work(lambda: Run(done=7)), is_due_now=True)

    def first() -> Run:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(second_worker).result(timeout=30) is None
        return Run(done=1)

    with app.app_context():
        assert do_work(work(first)) == Run(done=1)


def test_of_ten_workers_that_come_at_once_one_does_it(app: Flask) -> None:
    together, runs = Barrier(10), []

    def worker(number: int) -> None:
        together.wait()
        with app.app_context():
            do_work(work(lambda: runs.append(number) or Run(done=1)))  # type: ignore[func-returns-value]

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(worker, range(10)))

    assert len(runs) == 1


def test_a_worker_that_was_killed_holds_nothing_up_for_longer_than_its_lease(
    in_app: Flask, clock: StoppedClock
) -> None:
    with pytest.raises(Killed):
        do_work(work(killed))

    clock.at = NOON + LEASE - SECOND
    assert do_work(work(lambda: Run(done=1)), is_due_now=True) is None
    clock.at = NOON + LEASE
    assert do_work(work(lambda: Run(done=1))) == Run(done=1)


def test_a_worker_that_was_silent_for_too_long_stops_when_another_has_taken_over(
    in_app: Flask, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periodic, "RENEWED_BEFORE_SECONDS", -1)  # at every step
    steps = []

    def slow(_at: datetime, turn: Turn) -> Run:
        turn()
        steps.append("first")
        clock.advance(seconds=LEASE.total_seconds() + 1)
        assert do_work(work(lambda: Run(done=1)), is_due_now=True) == Run(done=1)
        turn()
        steps.append("never")
        return Run(done=2)

    with capture_logs() as logs:
        assert do_work(Work(name="a-test", every=MINUTE, run=slow)) == Run(done=0)

    assert steps == ["first"]
    assert "work.failed" in [line["event"] for line in logs]
    assert (row().error, row().held_until) == (None, None)  # as the other one left it


def test_a_worker_that_steps_on_keeps_its_lease(
    in_app: Flask, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periodic, "RENEWED_BEFORE_SECONDS", -1)

    def long(_at: datetime, turn: Turn) -> Run:
        for _ in range(5):
            clock.advance(seconds=LEASE.total_seconds() - 1)
            turn()
            assert do_work(work(lambda: Run(done=1)), is_due_now=True) is None
        return Run(done=5)

    assert do_work(Work(name="a-test", every=MINUTE, run=long)) == Run(done=5)


def test_what_went_wrong_is_kept_and_logged_once_and_the_next_run_comes_as_ever(
    in_app: Flask, clock: StoppedClock
) -> None:
    with capture_logs() as logs:
        assert do_work(work(fails)) == Run(done=0)

    assert [(line["event"], line["work"]) for line in logs] == [("work.failed", "a-test")]
    assert row().error == "ZeroDivisionError: no"
    clock.advance(minutes=1)
    assert do_work(work(lambda: Run(done=1))) == Run(done=1)
    assert row().error is None


def test_work_that_is_done_once_a_day_is_tried_again_within_the_hour_when_it_failed(in_app: Flask) -> None:
    def fails(_at: datetime, _turn: Turn) -> Run:
        return Run(done=0, stopped_by=MuxError(Trouble.FAILED, "Not now."))

    do_work(Work(name="a-test", every=24 * HOUR, run=fails))

    assert row().due_at == NOON + LONGEST_WAIT


@pytest.mark.parametrize(
    ("retry_after_seconds", "next_in"),
    [(None, MINUTE), (5, MINUTE), (600, timedelta(minutes=10)), (999_999, LONGEST_WAIT)],
)
def test_mux_is_left_alone_for_as_long_as_it_says(
    in_app: Flask, retry_after_seconds: int | None, next_in: timedelta
) -> None:
    error = MuxError(Trouble.RATE_LIMITED, "Slow down", retry_after_seconds=retry_after_seconds)

    do_work(work(lambda: Run(done=3, stopped_by=error)))

    assert (row().due_at, row().error) == (NOON + next_in, "rate_limited: Slow down")


def test_the_pause_between_two_steps_is_kept(in_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    monkeypatch.setattr("portal.upkeep.periodic.time.monotonic", lambda: now[0])
    monkeypatch.setattr("portal.upkeep.periodic.time.sleep", sleep)

    def steps(_at: datetime, turn: Turn) -> Run:
        for took in (0.1, 0.0, 5.0):
            turn()
            now[0] += took
        turn()
        return Run(done=1)

    do_work(Work(name="a-test", every=MINUTE, run=steps, pause_seconds=0.25))

    assert slept == [0.15, 0.25]  # none before the first, none after a step that took longer


class Killed(BaseException):
    """The end of a process, as far as our own code can tell."""


def killed() -> Run:
    raise Killed


def fails() -> Run:
    raise ZeroDivisionError("no")


def work(run: Callable[[], Run]) -> Work:
    return Work(name="a-test", every=MINUTE, run=lambda _at, _turn: run())


def row() -> PeriodicWork:
    found = db.session.get_one(PeriodicWork, "a-test", populate_existing=True)
    db.session.commit()
    return found
