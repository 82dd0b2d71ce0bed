"""A condition that the two databases have to be asked for in different words."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class OnEach(GenericFunction[bool]):
    """A condition in the words of PostgreSQL, and the same in those of SQLite.

    Of no type: a function that is Boolean would be compared with 1 on SQLite, which then goes by no index.
    """

    inherit_cache = True
    name = "on_each"


@compiles(OnEach, "postgresql")
def _on_postgresql(element: OnEach, compiler: SQLCompiler, **options: Any) -> str:
    postgresql, _sqlite = element.clauses
    return f"({compiler.process(postgresql, **options)})"


@compiles(OnEach, "sqlite")
def _on_sqlite(element: OnEach, compiler: SQLCompiler, **options: Any) -> str:
    _postgresql, sqlite = element.clauses
    return f"({compiler.process(sqlite, **options)})"
