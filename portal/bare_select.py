"""SELECTs on the bare driver, for the few questions that are asked on almost every request."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Dialect, Engine, PoolProxiedConnection, Select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection

from portal.prepared import PreparedSelects

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]
Watcher = Callable[[str, float], None]  # is told a statement, and how many seconds it took

_POSTGRESQL: Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_SQLITE: Dialect = sqlite.dialect(paramstyle="qmark")
_watchers: list[Watcher] = []


def watch_bare_selects(watcher: Watcher) -> None:
    """Have every statement told that passes here: SQLAlchemy's own events don't see them."""
    _watchers.append(watcher)


def unwatch_bare_selects(watcher: Watcher) -> None:
    _watchers.remove(watcher)


@dataclass(frozen=True)
class Reader:
    """A connection to read with. Each SELECT sees what is committed at its own moment. `kept` lasts as long as it."""

    dialect: Dialect
    connection: DBAPIConnection
    kept: MutableMapping[str, Any]


def reader_of(engine: Engine, pooled: PoolProxiedConnection) -> Reader:
    """A reader by a connection that its pool has lent."""
    return Reader(engine.dialect, cast("DBAPIConnection", pooled.driver_connection), pooled.info)


def reader_within(connection: Connection) -> Reader:
    """To read within the transaction that a connection of SQLAlchemy's is in."""
    return reader_of(connection.engine, connection.connection)


@contextmanager
def reading(engine: Engine) -> Iterator[Reader]:
    """A connection of the engine's pool, outside of transactions: its driver begins none by itself."""
    pooled = engine.raw_connection()
    try:
        yield reader_of(engine, pooled)
    except BaseException:
        pooled.invalidate()
        raise
    finally:
        pooled.close()


class BareSelect:
    """A SELECT that SQLAlchemy compiles once and then stays out of, which saves most of what a small one costs.

    Parameters and columns are converted by their types, as SQLAlchemy would. Rows are plain tuples.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, reader: Reader, **parameters: Any) -> Sequence[Row]:
        """All rows, in order."""
        compiled = self._compiled.get(reader.dialect.name) or self._compile(reader.dialect.name)
        started = perf_counter()
        rows = _send(reader, compiled.text, compiled.bound(parameters))
        for watcher in _watchers:
            watcher(compiled.text, perf_counter() - started)
        return [compiled.converted(row) for row in rows] if compiled.columns else rows

    def first(self, reader: Reader, **parameters: Any) -> Row | None:
        """The first row; None where there is none."""
        rows = self.rows(reader, **parameters)
        return rows[0] if rows else None

    def _compile(self, name: str) -> "_Compiled":
        dialect = _POSTGRESQL if name == "postgresql" else _SQLITE
        compiled = self._statement.compile(dialect=dialect)
        binders = {
            each.key: each.type.dialect_impl(dialect).bind_processor(dialect) for each in compiled.binds.values()
        }
        readers = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in self._statement.selected_columns
        ]
        made = _Compiled(
            text=str(compiled),
            names=tuple(compiled.positiontup or ()),
            defaults=compiled.params,
            binders={key: convert for key, convert in binders.items() if convert is not None},
            columns=tuple((place, convert) for place, convert in enumerate(readers) if convert is not None),
        )
        self._compiled[name] = made
        return made


def _send(reader: Reader, text: str, values: Sequence[Any]) -> Sequence[Row]:
    if isinstance(reader.connection, psycopg.Connection):
        return PreparedSelects.of(reader.connection, reader.kept).rows(text, values)
    cursor = reader.connection.cursor()
    try:
        cursor.execute(text, values)
        return cursor.fetchall()
    finally:
        cursor.close()


@dataclass(frozen=True)
class _Compiled:
    """A statement in the words of one database, and what its driver does not convert by itself."""

    text: str
    names: tuple[str, ...]  # of the parameters, in their order
    defaults: Mapping[str, Any]
    binders: Mapping[str, Convert]
    columns: tuple[tuple[int, Convert], ...]

    def bound(self, parameters: Mapping[str, Any]) -> list[Any]:
        bound = {**self.defaults, **parameters}
        for key, convert in self.binders.items():
            bound[key] = convert(bound[key])
        return [bound[name] for name in self.names]

    def converted(self, row: Row) -> Row:
        values = list(row)
        for place, convert in self.columns:
            values[place] = convert(values[place])
        return tuple(values)
