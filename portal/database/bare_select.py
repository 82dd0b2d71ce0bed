"""SELECTs on the bare driver, for the few questions that are asked on almost every request."""

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Self, cast

import psycopg
from sqlalchemy import Connection, Dialect, Engine, PoolProxiedConnection, Select
from sqlalchemy.engine.interfaces import DBAPIConnection

from portal.database.compiled import Compiled, Row
from portal.database.prepared import PreparedSelects

Watcher = Callable[[str, float], None]  # is told a statement, and how many seconds it took

_watchers: list[Watcher] = []


def watch_bare_selects(watcher: Watcher) -> None:
    """Have every statement told that passes here: SQLAlchemy's own events don't see them."""
    _watchers.append(watcher)


def unwatch_bare_selects(watcher: Watcher) -> None:
    _watchers.remove(watcher)


@dataclass(frozen=True)
class BareConnection:
    """A connection past SQLAlchemy. `kept` lasts as long as it.

    Each SELECT sees what is committed at its own moment.
    """

    dialect: Dialect
    driver: DBAPIConnection
    kept: MutableMapping[str, Any]

    @classmethod
    def of_pool(cls, engine: Engine, pooled: PoolProxiedConnection) -> Self:
        """That which a pool has lent."""
        return cls(engine.dialect, cast("DBAPIConnection", pooled.driver_connection), pooled.info)

    @classmethod
    def within(cls, connection: Connection) -> Self:
        """That of SQLAlchemy's connection, and the transaction that it is in."""
        return cls.of_pool(connection.engine, connection.connection)


class BareSelect:
    """A SELECT that SQLAlchemy compiles once and then stays out of, which saves most of what a small one costs.

    Parameters and columns are converted by their types, as SQLAlchemy would. Rows are plain tuples.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._compiled: dict[str, Compiled] = {}

    def rows(self, connection: BareConnection, **parameters: Any) -> Sequence[Row]:
        """All rows, in order."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect.name)
        started = perf_counter()
        rows = _fetched(connection, compiled.text, compiled.bound(parameters))
        tell_watchers(compiled.text, started)
        return compiled.converted(rows)

    def first(self, connection: BareConnection, **parameters: Any) -> Row | None:
        """The first row; None where there is none."""
        rows = self.rows(connection, **parameters)
        return rows[0] if rows else None

    def _compile(self, database: str) -> Compiled:
        return self._compiled.setdefault(
            database, Compiled.for_bare_driver(self._statement, database, list(self._statement.selected_columns))
        )


def tell_watchers(statement: str, started: float) -> None:
    """`started` is as perf_counter() tells it."""
    for watcher in _watchers:
        watcher(statement, perf_counter() - started)


def _fetched(connection: BareConnection, text: str, values: Sequence[Any]) -> Sequence[Row]:
    if isinstance(connection.driver, psycopg.Connection):
        return PreparedSelects.of(connection.driver, connection.kept).rows(text, values)
    cursor = connection.driver.cursor()
    try:
        cursor.execute(text, values)
        return cursor.fetchall()
    finally:
        cursor.close()
