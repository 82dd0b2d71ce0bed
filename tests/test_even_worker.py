"""New connections go to the worker that holds the fewest, and none waits for a worker that takes no more."""

import http.client
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
from gunicorn.config import Config

from even_worker import MOST_TOLD, EvenWorker
from tests.browser.stack import eventually

ROOT = Path(__file__).resolve().parent.parent
TELLS_ITS_PROCESS = """
import os
from even_worker import EvenWorker

class PatientWorker(EvenWorker):
    patience_seconds = 0.5  # on a busy machine, too, the other is quicker

def app(environ, start_response):
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.mark.parametrize(
    ("holds", "another_holds", "leaves_it"),
    [(0, 0, False), (0, 1, False), (1, 1, False), (1, 0, True), (9, 8, True), (MOST_TOLD + 9, MOST_TOLD, False)],
)
def test_a_connection_is_left_to_a_worker_that_holds_fewer(
    workers: list[EvenWorker], holds: int, another_holds: int, *, leaves_it: bool
) -> None:
    worker, another = workers
    tell(worker, holds)
    tell(another, another_holds)

    assert worker.is_fuller_than_another() is leaves_it


def test_none_is_left_to_a_worker_that_stops(workers: list[EvenWorker]) -> None:
    worker, another = workers
    tell(worker, 1)
    another.alive = False  # and finishes what it holds
    tell(another, 0)

    assert not worker.is_fuller_than_another()


def test_none_is_left_to_a_worker_that_died(workers: list[EvenWorker]) -> None:
    worker, another = workers
    tell(worker, 1)
    tell(another, 0)
    another.has_exited()

    assert not worker.is_fuller_than_another()


def test_workers_share_connections_evenly_also_after_one_died(served_at: tuple[psutil.Process, int]) -> None:
    arbiter, port = served_at
    first, _ = arbiter.children()
    eventually(lambda: sorted(holders(port, 8).values()) == [4, 4])

    first.kill()
    eventually(lambda: sorted(holders(port, 8).values()) == [4, 4], seconds=60)
    assert first not in arbiter.children()


def holders(port: int, count: int) -> Counter[bytes]:
    """How many of so many connections, open at the same time, each worker holds, by its process id."""
    with ExitStack() as open_connections:
        answers = Counter[bytes]()
        for _ in range(count):
            connection = open_connections.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port)))
            connection.request("GET", "/")
            answers[connection.getresponse().read()] += 1
        return answers


def tell(worker: EvenWorker, holds: int) -> None:
    worker.nr_conns = holds
    worker.notify()


@pytest.fixture
def workers() -> Iterator[list[EvenWorker]]:
    """Two, of which neither runs."""
    both = [EvenWorker(age, os.getpid(), [], None, 30, Config(), None) for age in (1, 2)]
    yield both
    for worker in both:
        worker.has_exited()
        worker.tmp.close()


@pytest.fixture
def served_at(tmp_path: Path) -> Iterator[tuple[psutil.Process, int]]:
    """gunicorn's first process, once it has two workers, and its port."""
    (tmp_path / "told.py").write_text(TELLS_ITS_PROCESS)
    command = ["-m", "gunicorn", "told:app", "--pythonpath", str(tmp_path), "--worker-class", "told.PatientWorker"]
    environ = {**os.environ, "BIND": "127.0.0.1:0", "WEB_WORKERS": "2"}
    log = tmp_path / "log"
    with (
        log.open("w") as output,
        subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environ, stderr=output) as process,
    ):
        try:
            first = psutil.Process(process.pid)
            eventually(lambda: len(first.children()) == 2)
            eventually(lambda: re.search(r"Listening at: \S+:(\d+)", log.read_text()) is not None)
            port = re.search(r"Listening at: \S+:(\d+)", log.read_text())
            assert port is not None
            yield first, int(port[1])
        finally:
            process.terminate()
