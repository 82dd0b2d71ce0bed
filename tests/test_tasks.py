"""The worker's queue, on each of the things that it can be kept in."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from huey import Huey  # noqa: TC002 - an annotation of an attribute
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import make_url
from structlog.testing import capture_logs

from portal.config import current_settings
from portal.extensions import db
from portal.models import PeriodicWork
from portal.nudge import WorkName, make_nudge, nudge
from portal.tasks import WORK, make_worker
from tests.browser.stack import eventually, free_port
from tests.clock import NOON, StoppedClock


def test_a_nudge_has_its_work_done_even_if_it_is_not_due(worked: "Worked") -> None:
    worked.run_everything()  # nothing yet
    worked.nudge(WorkName.PAY_DISCARDS)
    assert worked.run_everything() == [WorkName.PAY_DISCARDS]

    worked.nudge(WorkName.PAY_DISCARDS)
    worked.nudge(WorkName.PAY_DISCARDS)
    assert worked.run_everything() == [WorkName.PAY_DISCARDS, WorkName.PAY_DISCARDS]


def test_each_minute_every_piece_of_work_is_looked_at(worked: "Worked") -> None:
    worked.tick()
    assert sorted(worked.run_everything()) == sorted(WORK)


def test_a_task_that_waited_too_long_is_dropped(worked: "Worked") -> None:
    worked.nudge(WorkName.FORGET)

    assert worked.run_everything(later=timedelta(minutes=6)) == []


def test_without_a_queue_a_nudge_is_logged_and_nothing_else(
    start: Callable[..., Flask], settings: object, tmp_path: Path
) -> None:
    app = start(queue_url=f"redis://127.0.0.1:{free_port()}/0", instance=tmp_path)

    with app.app_context(), capture_logs() as logs:
        nudge(WorkName.ASK_MUX)

    assert [(line["event"], line["work"]) for line in logs] == [("nudge.failed", "ask-mux")]


def test_every_name_has_its_work() -> None:
    assert set(WORK) == set(WorkName)


class Worked:
    """An application with its queue, and a consumer that is told when to take a task."""

    def __init__(self, app: Flask, clock: StoppedClock) -> None:
        self._app, self._clock = app, clock
        with app.app_context():
            settings = current_settings()
        self._huey: Huey = make_worker(app, settings)
        self._huey.flush()
        self.nudge = make_nudge(lambda: self._huey)

    def tick(self) -> None:
        (periodic,) = self._huey._registry.periodic_tasks
        self._huey.enqueue(periodic)

    def run_everything(self, later: timedelta = timedelta(0)) -> list[str]:
        """Run all tasks that are queued, and those that they queue; the work that was done, in order."""
        done = []
        while (task := self._huey.dequeue()) is not None:
            before = self._starts()
            self._clock.advance(seconds=1)
            if task.expires_resolved is not None and later:
                task.expires_resolved -= later
            self._huey.execute(task)
            done += [name for name, at in self._starts().items() if before.get(name) != at]
        return done

    def close(self) -> None:
        self._huey.storage.close()

    def _starts(self) -> dict[str, object]:
        with self._app.app_context():
            return {row.name: row.started_at for row in db.session.query(PeriodicWork)}


@pytest.fixture(params=["file", "postgresql", "redis"])
def worked(
    request: pytest.FixtureRequest, start: Callable[..., Flask], clock: StoppedClock, tmp_path: Path
) -> Iterator[Worked]:
    queue_url = "" if request.param == "file" else request.getfixturevalue(f"{request.param}_queue")
    clock.at = NOON
    worked = Worked(start(queue_url=queue_url, instance=tmp_path), clock)
    yield worked
    worked.close()


@pytest.fixture(scope="session")
def postgresql_queue(postgresql_database: str) -> str:
    return make_url(postgresql_database).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def redis_queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("redis-server")
    assert program, "redis-server is missing; `make test` installs it"
    port = free_port()
    quiet = ("--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--dir", str(tmp_path_factory.mktemp("redis")))
    server = subprocess.Popen([program, "--port", str(port), *quiet], stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: answers(port))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=10)


def answers(port: int) -> bool:
    with suppress(RedisConnectionError), Redis(port=port) as client:
        return bool(client.ping())
    return False
