"""A SELECT of one row by a key, asked once for all who ask it at the same time."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.visitors import iterate, replacement_traverse
from sqlalchemy.types import TypeEngine

from portal.database.bare_select import BareConnection, BareSelect
from portal.database.compiled import Row

Asked = Mapping[str, Any]  # a value for each parameter


class GatheredSelect:
    """A SELECT of no more than one row. Its parameters are named, as in bindparam("name")."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._one = BareSelect(statement)

    def first(self, connection: BareConnection, **parameters: Any) -> Row | None:
        """The row; None where there is none."""
        return self._one.first(connection, **parameters)

    def first_of_each(self, connection: BareConnection, asked: Sequence[Asked]) -> Sequence[Row | None]:
        """The row of each who asks, in their order. One query, of PostgreSQL."""
        if len(asked) == 1:
            return [self.first(connection, **asked[0])]
        rows = self._each.rows(connection, **{name: [each[name] for each in asked] for name in asked[0]})
        found: list[Row | None] = [None] * len(asked)
        for *row, place in rows:
            found[place - 1] = tuple(row)
        return found

    @cached_property
    def _each(self) -> BareSelect:
        """Made when it is first needed, which takes milliseconds."""
        return BareSelect(_for_each(self._statement))


def _for_each(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """A statement for lists of its parameters. Each row has its place in the lists besides."""
    named = [each for each in iterate(statement) if isinstance(each, BindParameter) and not each.unique]
    types = {each.key: _as_compared(each.type) for each in named}
    # In a statement of its own PostgreSQL can't count what it is asked, and has no reason to plan each time anew.
    lists = (select(bindparam(name, type_=ARRAY(kind))).scalar_subquery() for name, kind in types.items())
    columns = (column(name, kind) for name, kind in types.items())
    asked = func.unnest(*lists).table_valued(*columns, with_ordinality="place").render_derived(name="asked")

    def from_lists(element: Any, **_: Any) -> ColumnElement[Any] | None:
        return asked.c[element.key] if isinstance(element, BindParameter) and element.key in types else None

    alike = cast("Select[*tuple[Any, ...]]", replacement_traverse(statement, {}, from_lists))
    # An OFFSET has PostgreSQL plan it by itself, as it would for one: by the key, not by a look at all rows.
    one = alike.offset(literal_column("0")).lateral("one")
    return select(*one.c, asked.c.place).select_from(asked).join(one, literal_column("true"))


def _as_compared(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """As a column's value is compared. To a list of a column's own type PostgreSQL would cut texts that are longer."""
    return Text() if isinstance(kind, String) else kind
