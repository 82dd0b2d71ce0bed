"""The one SQLite file behind the local Mux, and the two ways to use it: reading and writing."""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from local_mux.models.base import Base

BUSY_TIMEOUT_SECONDS = 10.0
MOST_REMEMBERED = 10_000
Found = TypeVar("Found")


@dataclass(frozen=True)
class _Memory:
    """What was found since a commit; worth nothing after the next."""

    version: int
    found: dict[Hashable, Any] = field(default_factory=dict)


class Database:
    """State that survives a restart.

    One process owns the file, so a lock in that process is enough to keep writers apart. Background work waits for
    commits; those that make no work for anyone are kept quiet, as each that wakes costs all who wait a look around.
    """

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path)
        self._session = sessionmaker(self._engine, expire_on_commit=False)
        self._writing = threading.RLock()
        self._condition = threading.Condition()
        self._version = 0
        self._calls = 0
        self._memory = _Memory(self._version)
        Base.metadata.create_all(self._engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Hand out a session for looking; nothing done in it is kept."""
        with self._session() as session:
            yield session

    def remembered(self, question: Hashable, look: Callable[[Session], Found]) -> Found:
        """Return what `look` finds, from memory where nothing was committed since it last looked for this question.

        Every thread gets the same rows, detached: for reading only.
        """
        memory = self._memory
        if memory.version != self._version or len(memory.found) >= MOST_REMEMBERED:
            memory = self._memory = _Memory(self._version)
        if question not in memory.found:
            with self.reading() as session:
                memory.found[question] = look(session)
        found: Found = memory.found[question]
        return found

    @contextmanager
    def writing(self, *, is_quiet: bool = False) -> Iterator[Session]:
        """Hand out a session that commits at the end of the block, or not at all if it raises.

        :param is_quiet: nothing in it is work for anyone else.
        """
        with self._writing, self._session.begin() as session:
            yield session
        with self._condition:
            self._version += 1
        if not is_quiet:
            self.wake()

    @property
    def calls(self) -> int:
        """A number that grows with every commit that may be work for someone; read it before looking for work."""
        return self._calls

    def wait_for_call(self, since: int, timeout_seconds: float) -> None:
        """Sleep until there is another call after `since`, or the time is up."""
        with self._condition:
            self._condition.wait_for(lambda: self._calls != since, timeout=timeout_seconds)

    def wake(self) -> None:
        """Make everyone who waits look around."""
        with self._condition:
            self._calls += 1
            self._condition.notify_all()


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
