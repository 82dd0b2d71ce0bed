"""SQLite as the embedded database: readers beside a writer, foreign keys held, writers that wait their turn."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, event

from portal.transactions import only_reads

BUSY_TIMEOUT_MS = 30_000  # in a burst of webhooks the last of many writers waits long, but gets its turn


def tune_sqlite(engine: Engine) -> None:
    """Make every connection of a SQLite engine behave as the portal expects; other engines are left alone."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)


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
    connection.exec_driver_sql("BEGIN" if only_reads() else "BEGIN IMMEDIATE")
