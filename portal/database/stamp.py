"""Where the database stands: a text that is another one once anything was committed, whoever did it.

What was made of the database's words under one stamp is still true while the stamp is the same. The databases move it
themselves: PostgreSQL tells which transactions a statement sees (pg_current_snapshot in its "System Information
Functions"), SQLite whether others than the asking connection have committed
(https://sqlite.org/pragma.html, data_version).
"""

import os
import sqlite3
from threading import Lock
from typing import Any

from sqlalchemy import Engine, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class StampColumn(GenericFunction[str]):
    """The stamp of the very statement that selects it; empty on SQLite, where DatabaseStamp asks beforehand."""

    type = Text()
    inherit_cache = True
    name = "stamp"


@compiles(StampColumn, "postgresql")
def _stamp_in_postgresql(_element: StampColumn, _compiler: SQLCompiler, **_options: Any) -> str:
    return "pg_current_snapshot()::text"


@compiles(StampColumn, "sqlite")
def _stamp_in_sqlite(_element: StampColumn, _compiler: SQLCompiler, **_options: Any) -> str:
    return "''"


class DatabaseStamp:
    """Asks SQLite for its stamp, by a connection of its own that never writes: its own commits it would not count."""

    def __init__(self, engine: Engine) -> None:
        self._file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._lock = Lock()

    def before_reading(self) -> str:
        """The stamp for what is read after this; empty where the statement itself brings it (StampColumn)."""
        if self._file is None:
            return ""
        with self._lock:
            version = self._open(self._file).execute("PRAGMA data_version").fetchone()[0]
            return f"{self._process}:{version}"

    def _open(self, file: str) -> sqlite3.Connection:
        """A connection of this process: one from before a fork must not be used."""
        if self._connection is None or self._process != os.getpid():
            self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._process = os.getpid()
        return self._connection
