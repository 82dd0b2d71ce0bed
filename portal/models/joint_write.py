"""Rows of several tables written at once: by one statement in PostgreSQL, table by table in SQLite.

A statement for each row costs both sides more than the rows themselves, where many are written together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from sqlalchemy import JSON, ColumnElement, Select, Table, bindparam, cast, column, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from portal.database.bare_select import BareConnection, BareSelect
from portal.database.bare_write import BareWrite
from portal.models.base import UtcDateTime, refuse_naive

Row = Mapping[str, Any]


class Given:
    """What is given of the rows to be written, by name: one row's values, or the columns of as many as there are."""

    def __init__(self, values: Mapping[str, ColumnElement[Any]], *, is_table: bool) -> None:
        self._values, self._is_table = values, is_table

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        return self._values[name]

    def inserted_into(self, table: Table) -> Any:
        """An INSERT of all that is given, which either database lets be followed by what to do about conflicts."""
        if self._is_table:
            return postgresql.insert(table).from_select(list(self._values), select(*self._values.values()))
        return sqlite.insert(table).values(dict(self._values))


@dataclass(frozen=True)
class Entry:
    """A kind of row: what is given of each, by name, and the statement that writes what is given."""

    types: Mapping[str, TypeEngine[Any]]
    writes: Callable[[Given], Any]


def entry(table: Table, names: Sequence[str], writes: Callable[[Given], Any], **others: str) -> Entry:
    """An entry of which some columns of a table are given; of `others`, a name and the column that it is like."""
    like = {**{name: name for name in names}, **others}
    return Entry({name: table.c[other].type for name, other in like.items()}, writes)


class JointWrite:
    """Some kinds of rows that are written together."""

    def __init__(self, **entries: Entry) -> None:
        self._entries = entries
        self._times = {
            name: [key for key, kind in each.types.items() if isinstance(kind, UtcDateTime)]
            for name, each in entries.items()
        }
        self._together = BareSelect(_together(entries))
        self._apart = {name: BareWrite(each.writes(_one_row(each))) for name, each in entries.items()}

    def write(self, connection: BareConnection, rows: Mapping[str, Sequence[Row]]) -> dict[str, int]:
        """Write the rows of each entry, with all that its `types` name; how many of each were written.

        Rows go in by their order. One statement in PostgreSQL, one for each entry in SQLite.
        """
        if connection.dialect.name == "postgresql":
            handed = {name: self._handed(name, rows.get(name, ())) for name in self._entries}
            written = self._together.first(connection, **handed)
            return dict(zip(self._entries, written or (), strict=True))
        counts = dict.fromkeys(self._entries, 0)
        for name, given in rows.items():
            if given:
                named = [{f"given_{key}": value for key, value in row.items()} for row in given]
                counts[name] = self._apart[name].write(connection, named)
        return counts

    def _handed(self, name: str, rows: Sequence[Row]) -> str:
        for row in rows:
            for key in self._times[name]:
                refuse_naive(row[key])
        return to_json(rows).decode()


def _one_row(entry: Entry) -> Given:
    return Given({name: bindparam(f"given_{name}", type_=each) for name, each in entry.types.items()}, is_table=False)


def _together(entries: Mapping[str, Entry]) -> Select[Any]:
    """Each entry's statement as a part of one, which tells how many rows each has written."""
    parts = [_of_table(name, each).returning(literal(1)).cte(f"{name}_rows") for name, each in entries.items()]
    counts = (select(func.count()).select_from(part).scalar_subquery() for part in parts)
    return select(*(count.label(name) for name, count in zip(entries, counts, strict=True)))


def _of_table(name: str, entry: Entry) -> Any:
    handed = func.json_to_recordset(cast(bindparam(name, type_=postgresql.VARCHAR()), JSON))
    columns = (column(key, each) for key, each in entry.types.items())
    table = handed.table_valued(*columns, name=f"given_{name}").render_derived(with_types=True)
    return entry.writes(Given({key: table.c[key] for key in entry.types}, is_table=True))
