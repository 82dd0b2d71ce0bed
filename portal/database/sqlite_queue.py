"""Who may write to a SQLite file next: in the order of coming, among the threads of a process and among processes.

SQLite itself lets writers try again and again until the lock happens to be free, so under load the last may wait for
very long. Here they stand in line before they ask SQLite, which then never has to turn one of ours away. Other
programs don't know the line; for them, and only for them, SQLite's busy_timeout remains.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections import deque
from functools import cache
from pathlib import Path

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.001  # between two looks at another process's lock; one thread of a process looks


class LineError(sqlite3.OperationalError):
    """Somebody else has been writing for longer than anybody waits."""


class Line:
    """Threads of one process, one at a time, each after those that came before it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False
        self._holder = 0

    @property
    def is_ours(self) -> bool:
        """Whether it is this very thread's turn."""
        return self._holder == threading.get_ident()

    def enter(self, patience_seconds: float) -> bool:
        """Wait for the turn; False if it did not come in time."""
        has_come = self._wait(patience_seconds)
        if has_come:
            self._holder = threading.get_ident()
        return has_come

    def leave(self) -> None:
        """Give the turn to whoever came next."""
        with self._lock:
            self._holder = 0
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False

    def _wait(self, patience_seconds: float) -> bool:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        if called.acquire(timeout=patience_seconds):
            return True
        with self._lock:
            if called not in self._waiting:  # it was called at the last moment
                return True
            self._waiting.remove(called)
            return False


@cache
def _line_of(_file: str, _process: int) -> Line:
    """One for each file, and for each process: what a fork copies is nobody's line."""
    return Line()


class Turn:
    """The right to write to a file, from `take` to `give_back`; gone with its process, however that ends.

    Two locked files beside the database order the processes. Whoever holds `-next` is the one that gets `-writes` next:
    so a process that has just written can't write again before one that waits.
    """

    def __init__(self, file: str) -> None:
        self._held: int | None = None
        self._line = _line_of(file, os.getpid())
        self._next, self._writes = Path(f"{file}-next"), Path(f"{file}-writes")

    def take(self) -> None:
        """Wait for the turn; LineError after PATIENCE_SECONDS, or where the thread would wait for itself."""
        if self._line.is_ours:
            raise LineError("database is locked: by another transaction of the same thread")
        deadline = time.monotonic() + PATIENCE_SECONDS
        if not self._line.enter(PATIENCE_SECONDS):
            raise LineError("database is locked: other threads have been writing all the time")
        try:
            self._held = self._lock_among_processes(deadline)
        except BaseException:
            self._line.leave()
            raise

    def give_back(self) -> None:
        """Let the next one write. Twice is once."""
        if self._held is not None:
            _unlock(self._held)
            self._held = None
            self._line.leave()

    def __del__(self) -> None:
        """A connection that was lost without an end of its transaction holds nobody up."""
        self.give_back()

    def _lock_among_processes(self, deadline: float) -> int:
        upcoming = _locked(self._next, deadline)
        try:
            return _locked(self._writes, deadline)
        finally:
            _unlock(upcoming)


def _locked(file: Path, deadline: float) -> int:
    """The file, open and locked."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o660)
    while not _try_lock(descriptor):
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise LineError("database is locked: another process has been writing all the time")
        time.sleep(POLL_SECONDS)
    return descriptor


def _unlock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing is not enough where a fork has copied it
    os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
