"""The portal is loaded once and forked: workers share what it consists of, and nothing that was open meanwhile."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import urllib3

from tests.browser.stack import eventually

ROOT = Path(__file__).resolve().parent.parent
MIB = 2**20
HASH_IN_MANY_THREADS = """
import runpy, sys, threading
import argon2, psutil

if sys.argv[1] == "as-a-worker":
    runpy.run_path("gunicorn.conf.py")["post_fork"](None, None)
hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
threads = 8
all_at_once, all_done = threading.Barrier(threads), threading.Barrier(threads + 1)

def sign_somebody_in():
    for _ in range(3):
        all_at_once.wait()
        hasher.hash("a password")
    all_done.wait()  # alive, as gunicorn's threads are
    all_done.wait()

before = psutil.Process().memory_info().rss
for _ in range(threads):
    threading.Thread(target=sign_somebody_in).start()
all_done.wait()
print(psutil.Process().memory_info().rss - before)
all_done.wait()
"""


@pytest.fixture
def arbiter(database_url: str, tmp_path: Path) -> Iterator[psutil.Process]:
    """gunicorn's first process, once two workers answer."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MUX_")},
        "SECRET_KEY": "s" * 40,
        "JWT_SECRET_KEY": "j" * 40,
        "MUX_TOKEN_ID": "token-id",
        "MUX_TOKEN_SECRET": "token-secret",
        "MUX_WEBHOOK_SECRET": "whsec",
        "DATABASE_URL": database_url,
        "INSTANCE": str(tmp_path),
        "BIND": "127.0.0.1:0",
        "WEB_WORKERS": "2",
    }
    log = tmp_path / "log"
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    with log.open("w") as output, subprocess.Popen(command, cwd=ROOT, env=environ, stderr=output) as process:
        try:
            first = psutil.Process(process.pid)
            eventually(lambda: len(first.children()) == 2 and answers(log.read_text()))
            yield first
        finally:
            process.terminate()


def test_nothing_is_open_that_workers_would_share(arbiter: psutil.Process, database_url: str) -> None:
    assert {each.status for each in arbiter.net_connections("inet")} == {psutil.CONN_LISTEN}
    assert arbiter.net_connections("unix") == []
    assert [file.path for file in arbiter.open_files() if "sqlite" in file.path] == []
    assert arbiter.num_threads() == 1, "a thread does not live on in a worker, and what it holds locked stays so"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_that_dies_is_replaced_without_loading_anew(arbiter: psutil.Process) -> None:
    first, second = arbiter.children()
    first.kill()

    eventually(lambda: len({*arbiter.children()} - {first, second}) == 1)


def test_what_hashing_passwords_takes_is_given_back() -> None:
    as_it_comes, as_a_worker = memory_left_by_hashing("as-it-comes"), memory_left_by_hashing("as-a-worker")

    assert as_a_worker < 19 * MIB, f"{as_a_worker / MIB:.0f} MiB are left, {as_it_comes / MIB:.0f} without our settings"


def memory_left_by_hashing(how: str) -> int:
    """Bytes that a process has grown by when eight of its threads have hashed passwords at the same time."""
    command = [sys.executable, "-c", HASH_IN_MANY_THREADS, how]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def answers(log: str) -> bool:
    address = re.search(r"Listening at: (\S+)", log)
    if address is None:
        return False
    return urllib3.request("GET", f"{address[1]}/readyz", retries=False).status == 200
