"""SQLite as the embedded database: readers beside a writer, foreign keys held, writers that wait their turn."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from portal.database.sqlite_queue import Turn
from portal.database.transactions import only_reads

BUSY_TIMEOUT_MS = 30_000  # for what other programs write; ours stand in line (portal.database.sqlite_queue)


def tune_sqlite(engine: Engine) -> None:
    """Make every connection of a SQLite engine behave as the portal expects; other engines are left alone."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "do_connect", _stand_in_line)
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)


class LinedConnection(sqlite3.Connection):
    """A connection that waits for its turn before it writes, and gives it back when the transaction has ended."""

    def __init__(self, database: str | Path, *arguments: Any, **options: Any) -> None:
        super().__init__(database, *arguments, **options)
        is_file = bool(database) and not str(database).startswith((":memory:", "file:"))
        self._file = os.path.realpath(database) if is_file else None  # nobody else can open what is no file
        self._turn: Turn | None = None

    def begin_writing(self) -> None:
        """Begin a transaction with the write lock."""
        turn = Turn(self._file) if self._file else None
        if turn:
            turn.take()
        try:
            self.execute("BEGIN IMMEDIATE")
        except BaseException:
            if turn:
                turn.give_back()
            raise
        self._turn = turn

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self._give_back()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._give_back()

    def close(self) -> None:
        try:
            super().close()
        finally:
            if self._turn:
                self._turn.give_back()

    def _give_back(self) -> None:
        if self._turn and not self.in_transaction:
            self._turn.give_back()
            self._turn = None


def _stand_in_line(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
    """Have the connection made that waits for its turn; SQLAlchemy goes on to make it."""
    options["factory"] = LinedConnection


def _prepare_connection(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: _begin does
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.close()


def _lower(value: Any) -> Any:
    """What a search compares; SQLite's own lower() knows no letters beyond ASCII."""
    return value.lower() if isinstance(value, str) else value


def _begin(connection: Connection) -> None:
    """Take the write lock at once where a write may follow: a reader that turns writer can't wait for it.

    SQLite answers such an upgrade with an immediate "database is locked" (https://sqlite.org/lang_transaction.html).
    """
    reads = only_reads()
    lined = connection.connection.dbapi_connection
    if reads or not isinstance(lined, LinedConnection):
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
    else:
        lined.begin_writing()
