"""Who may write to a SQLite file next: nobody is overtaken, and nobody who is gone holds others up."""

import fcntl
import gc
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal import ROOT
from portal.database import sqlite_queue
from portal.database.sqlite import LinedConnection
from portal.database.sqlite_queue import Line, LineError, Turn
from tests.browser.stack import eventually

PATIENCE_SECONDS = 30
HOLDS_A_TURN = """
import sys
from portal.database.sqlite_queue import Turn
turn = Turn(sys.argv[1])
turn.take()
print("taken", flush=True)
sys.stdin.read()
"""


def test_threads_get_their_turn_in_the_order_of_coming() -> None:
    line, order = Line(), list[int]()
    assert line.enter(0)

    def write(number: int) -> None:
        assert line.enter(PATIENCE_SECONDS)
        order.append(number)
        line.leave()

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=write, args=(number,)))
        threads[-1].start()
        eventually(lambda number=number: len(line._waiting) == number + 1)  # type: ignore[misc]
    line.leave()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert order == list(range(8))


def test_whoever_loses_patience_leaves_the_line_and_holds_nobody_up() -> None:
    line = Line()
    assert line.enter(0)

    assert not line.enter(0)

    line.leave()
    assert line.enter(0)


def test_another_process_that_writes_is_waited_for_until_it_is_done(database: Path) -> None:
    with other_process(database) as other, impatient():
        with pytest.raises(LineError, match="another process"):
            Turn(str(database)).take()
        other.communicate("")
        assert_free(database)


def test_a_process_that_was_killed_holds_nobody_up(database: Path) -> None:
    with other_process(database) as other:
        other.kill()
        other.wait()
        assert_free(database)


def test_a_process_that_has_just_written_comes_after_one_that_waits(database: Path) -> None:
    """Who holds `-next` is next, so whoever wants to write again finds that taken."""
    mine = Turn(str(database))
    mine.take()
    waiting = os.open(f"{database}-next", os.O_RDWR)
    fcntl.flock(waiting, fcntl.LOCK_EX)  # the other one, which waits for `-writes`
    mine.give_back()

    with impatient(), pytest.raises(LineError):
        mine.take()

    os.close(waiting)
    assert_free(database)


@pytest.mark.parametrize("ends", ["commit", "rollback", "close"])
def test_a_transaction_gives_its_turn_back_however_it_ends(database: Path, ends: str) -> None:
    connection = connect(database)
    connection.begin_writing()
    getattr(connection, ends)()

    assert_free(database)


def test_a_connection_that_was_lost_gives_its_turn_back(database: Path) -> None:
    connect(database).begin_writing()
    gc.collect()

    assert_free(database)


def test_a_transaction_that_can_t_begin_gives_its_turn_back(database: Path) -> None:
    foreign = sqlite3.connect(database, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    connection = connect(database)
    connection.execute("PRAGMA busy_timeout = 0")

    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        connection.begin_writing()

    foreign.close()
    assert_free(database)


def test_a_commit_that_fails_keeps_the_turn_until_the_transaction_has_ended(database: Path) -> None:
    connection = connect(database)
    connection.executescript(
        "PRAGMA foreign_keys = ON; CREATE TABLE a (id INTEGER PRIMARY KEY);"
        "CREATE TABLE b (a INTEGER REFERENCES a DEFERRABLE INITIALLY DEFERRED)"
    )
    connection.begin_writing()
    connection.execute("INSERT INTO b VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError):
        connection.commit()
    with impatient(), pytest.raises(LineError):
        in_another_thread(Turn(str(database)).take)

    connection.rollback()
    assert_free(database)


def test_a_thread_that_would_wait_for_itself_is_told_so_at_once(database: Path) -> None:
    one, other = connect(database), connect(database)
    one.begin_writing()

    with pytest.raises(LineError, match="same thread"):
        other.begin_writing()

    one.rollback()
    other.begin_writing()
    other.rollback()


def test_two_files_have_two_lines(database: Path, tmp_path: Path) -> None:
    one, other = connect(database), connect(tmp_path / "other.sqlite3")
    one.begin_writing()
    other.begin_writing()
    one.rollback()
    other.rollback()


def test_what_is_in_memory_has_no_line() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=LinedConnection)
    connection.begin_writing()
    connection.rollback()

    assert not list(Path.cwd().glob(":memory:*"))


def connect(database: Path) -> LinedConnection:
    return sqlite3.connect(database, isolation_level=None, factory=LinedConnection)


def assert_free(database: Path) -> None:
    turn = Turn(str(database))
    turn.take()
    turn.give_back()


def in_another_thread(act: Callable[[], None]) -> None:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except LineError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    for error in raised:
        raise error


@contextmanager
def impatient() -> Iterator[None]:
    """While it is open, nobody waits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_queue, "PATIENCE_SECONDS", 0.0)
        yield


def other_process(database: Path) -> subprocess.Popen[str]:
    """A process that writes until it is told to end."""
    command = [sys.executable, "-c", HOLDS_A_TURN, str(database)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "taken\n"
    return process


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "portal.sqlite3"
