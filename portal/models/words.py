"""Searching for words: each stands somewhere in title or description, also within another word, in whatever case.

A text can be asked for its words (`mentions`), which is quick for few texts; or an index can be asked for its texts
(`is_indexed_under`), which is quick for words that few texts have.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, cast, column, false, func, or_, select, table, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Text

from portal.models.programme_text import ProgrammeText

WINDOW_CHARACTERS = 12  # fewer than migration 0010 keeps of each place: lower case may be longer than what was typed
TRIGRAM_CHARACTERS = 3  # with fewer, SQLite's index of trigrams knows nothing


def words_of(search: str | None) -> tuple[str, ...]:
    """The words that somebody looks for, each once."""
    return tuple(dict.fromkeys((search or "").split()))


def mentions(words: tuple[str, ...], *texts: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether each of the words stands in one of the texts, found by reading them."""
    return and_(true(), *(_stands_in_one_of(word, texts) for word in words))


def is_indexed_under(words: tuple[str, ...]) -> ColumnElement[bool]:
    """The same of a ProgrammeText, found by the database's index of words."""
    return OnEach(_has_windows(words), _has_trigrams(words))


def _stands_in_one_of(word: str, texts: tuple[InstrumentedAttribute[str], ...]) -> ColumnElement[bool]:
    escaped = word.replace("/", "//").replace("%", "/%").replace("_", "/_")
    pattern: ColumnElement[str] = func.lower(bindparam("word", f"%{escaped}%", Text, unique=True))
    return or_(false(), *(func.lower(content).like(pattern, escape="/") for content in texts))


def _has_windows(words: tuple[str, ...]) -> ColumnElement[bool]:
    """In PostgreSQL: a word begins one of the windows, which are what follows each place of a text."""
    quoted = (word[:WINDOW_CHARACTERS].replace("\\", "\\\\").replace("'", "''") for word in words)
    asked = bindparam("windows", " & ".join(f"'{start}':*" for start in quoted), Text)
    has_all = func.search_windows(ProgrammeText.content).bool_op("@@")(cast(func.lower(asked), TSQUERY))
    longer = tuple(word for word in words if len(word) > WINDOW_CHARACTERS)
    return and_(has_all, mentions(longer, ProgrammeText.content)) if longer else has_all


def _has_trigrams(words: tuple[str, ...]) -> ColumnElement[bool]:
    """In SQLite: the index folds more letters into one than lower case does, so what it finds is read, too."""
    is_there = mentions(words, ProgrammeText.content)
    quoted = [f'"{word.replace(chr(34), chr(34) * 2)}"' for word in words if len(word) >= TRIGRAM_CHARACTERS]
    if not quoted:
        return is_there
    asked = bindparam("trigrams", " AND ".join(quoted), Text)
    found: Select[int] = select(column("rowid")).select_from(table("programme_words"))
    return and_(ProgrammeText.id.in_(found.where(column("programme_words").bool_op("MATCH")(asked))), is_there)


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
