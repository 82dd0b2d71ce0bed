"""Statements that SQLAlchemy compiles once, in the words of one database, of which the text is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

from sqlalchemy import ColumnElement, Connection, Dialect, Select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]
Columns = Sequence[ColumnElement[Any]]

_OF_BARE_DRIVERS: Mapping[str, Dialect] = {
    "postgresql": postgresql.dialect(paramstyle="numeric_dollar"),  # type: ignore[no-untyped-call]
    "sqlite": sqlite.dialect(paramstyle="qmark"),
}


@dataclass(frozen=True)
class Compiled:
    """A statement's text, and what its driver does not convert by itself."""

    text: str
    names: tuple[str, ...]  # of the parameters, in their order
    defaults: Mapping[str, Any]
    binders: Mapping[str, Convert]
    columns: tuple[tuple[int, Convert], ...]  # those of its rows

    @classmethod
    def for_bare_driver(cls, statement: ClauseElement, database: str, columns: Columns = ()) -> Self:
        """For the driver of a database ("postgresql" or "sqlite"), its values to be given in their order."""
        return cls.of(statement, _OF_BARE_DRIVERS[database], columns)

    @classmethod
    def of(cls, statement: ClauseElement, dialect: Dialect, columns: Columns = ()) -> Self:
        """A statement in the words of a dialect; `columns` are those of its rows."""
        compiled = cast("SQLCompiler", statement.compile(dialect=dialect))
        binders = {
            name: each.type.dialect_impl(dialect).bind_processor(dialect) for each, name in compiled.bind_names.items()
        }
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        return cls(
            text=str(compiled),
            names=tuple(compiled.positiontup or ()),
            defaults=compiled.params,
            binders={key: convert for key, convert in binders.items() if convert is not None},
            columns=tuple((place, convert) for place, convert in enumerate(readers) if convert is not None),
        )

    def bound(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The values that the text's parameters stand for, in their order, as the driver takes them."""
        named = self.named(parameters)
        return [named[name] for name in self.names]

    def named(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The same by their names."""
        bound = {**self.defaults, **parameters}
        for key, convert in self.binders.items():
            bound[key] = convert(bound[key])
        return bound

    def converted(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows as SQLAlchemy would give them."""
        return [self._converted(row) for row in rows] if self.columns else rows

    def _converted(self, row: Row) -> Row:
        values = list(row)
        for place, convert in self.columns:
            values[place] = convert(values[place])
        return tuple(values)


class CompiledSelect:
    """A SELECT for SQLAlchemy's connections of one dialect, which takes a fraction of the statement's memory.

    SQLAlchemy itself keeps each statement that it has compiled, with all that it was put together of.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        self._compiled = Compiled.of(statement, dialect, list(statement.selected_columns))
        self._is_positional = dialect.positional

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """All rows, in order, as SQLAlchemy would give them."""
        compiled = self._compiled
        given = tuple(compiled.bound(parameters)) if self._is_positional else compiled.named(parameters)
        return compiled.converted(connection.exec_driver_sql(compiled.text, given).all())
