"""Statements that SQLAlchemy compiles once, in the words of one database, for its bare driver."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

from sqlalchemy import ColumnElement, Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]

_POSTGRESQL: Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_SQLITE: Dialect = sqlite.dialect(paramstyle="qmark")


@dataclass(frozen=True)
class Compiled:
    """A statement's text, and what its driver does not convert by itself."""

    text: str
    names: tuple[str, ...]  # of the parameters, in their order
    defaults: Mapping[str, Any]
    binders: Mapping[str, Convert]
    columns: tuple[tuple[int, Convert], ...]  # those of its rows

    @classmethod
    def of(cls, statement: ClauseElement, database: str, columns: Sequence[ColumnElement[Any]] = ()) -> Self:
        """A statement in the words of a database ("postgresql" or "sqlite"); `columns` are those of its rows."""
        dialect = _POSTGRESQL if database == "postgresql" else _SQLITE
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
        """The values that the text's parameters stand for, as the driver takes them."""
        bound = {**self.defaults, **parameters}
        for key, convert in self.binders.items():
            bound[key] = convert(bound[key])
        return [bound[name] for name in self.names]

    def converted(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows as SQLAlchemy would give them."""
        return [self._converted(row) for row in rows] if self.columns else rows

    def _converted(self, row: Row) -> Row:
        values = list(row)
        for place, convert in self.columns:
            values[place] = convert(values[place])
        return tuple(values)
