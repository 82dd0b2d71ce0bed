"""Writing many rows on SQLite's bare driver: as portal.database.bare_select, for what is done once for each row."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.sql import ClauseElement

from portal.database.bare_select import BareConnection, tell_watchers
from portal.database.compiled import Compiled

if TYPE_CHECKING:
    import sqlite3


class BareWrite:
    """An INSERT or UPDATE that SQLAlchemy compiles once and then stays out of."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: Compiled | None = None

    def write(self, connection: BareConnection, rows: Iterable[Mapping[str, Any]]) -> int:
        """Do it for each of the rows, which are its parameters by name, in this order; how many it changed."""
        compiled = self._compiled or Compiled.for_bare_driver(self._statement, connection.dialect.name)
        self._compiled = compiled
        started = perf_counter()
        with closing(cast("sqlite3.Connection", connection.driver).cursor()) as cursor:
            cursor.executemany(compiled.text, [compiled.bound(row) for row in rows])
            count = cursor.rowcount
        tell_watchers(compiled.text, started)
        return count
