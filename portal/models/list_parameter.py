"""Lists as parameters of a statement, which stays the same however long they are."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, any_, bindparam, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator, TypeEngine

from portal.models.on_each import OnEach


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """Whether a column's value is one of the list that is given as the parameter `name`."""
    values = bindparam(name, type_=ListOf(column.type))
    in_sqlite = select(func.json_each(values).table_valued("value").c.value)
    return OnEach(column == any_(values), column.in_(in_sqlite))


class ListOf(TypeDecorator[Collection[Any]]):
    """A list of values of one type: an array in PostgreSQL, JSON in SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return postgresql.ARRAY(self.item) if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return None if value is None else list(value)
        convert = self.item.dialect_impl(dialect).bind_processor(dialect)
        return json.dumps([convert(item) if convert else item for item in value])
