"""gunicorn with two workers, started for a benchmark and stopped after it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import psutil
import urllib3

from portal import ROOT

WORKERS = 2  # where the environment does not say how many
PATIENCE_SECONDS = 60
POLL_SECONDS = 0.01


class NotServingError(Exception):
    """The server did not come up; its log says why."""


@dataclass(frozen=True)
class Server:
    """A running gunicorn."""

    url: str
    workers: tuple[psutil.Process, ...]
    start_seconds: float  # from the start of its first process to its first answer


@contextmanager
def serving(application: str, environment: Mapping[str, str], log: Path, *, path: str = "/healthz") -> Iterator[Server]:
    """Serve a WSGI application, `module:name`, until left. `path` is asked for to see whether it answers."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", application],
            cwd=ROOT,
            env={**environment, "PORT": str(port), "PUBLIC_URL": url},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for_answer(f"{url}{path}", process, log)
            seconds = time.perf_counter() - started
            workers = _workers_of(psutil.Process(process.pid), int(environment.get("WEB_WORKERS") or WORKERS))
            yield Server(url=url, workers=workers, start_seconds=seconds)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _workers_of(gunicorn: psutil.Process, count: int) -> tuple[psutil.Process, ...]:
    """Once all are there: the first may answer before the last was started."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(gunicorn.children()) < count and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return tuple(gunicorn.children())


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the address answers 200; NotServingError if it does not, or the process ends."""
    http = urllib3.PoolManager(retries=False, timeout=PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if http.request("GET", url).status == HTTPStatus.OK:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(POLL_SECONDS)
    raise NotServingError(f"{url} did not answer; {log} says why")
