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
            _wait_for(f"{url}{path}", process, log)
            seconds = time.perf_counter() - started
            workers = tuple(psutil.Process(process.pid).children())
            yield Server(url=url, workers=workers, start_seconds=seconds)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    http = urllib3.PoolManager(retries=False, timeout=PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if http.request("GET", url).status == HTTPStatus.OK:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(POLL_SECONDS)
    raise NotServingError(f"{url} did not answer; {log} says why")
