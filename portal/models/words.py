"""Searching for words: each stands somewhere in title or description, also within another word, in whatever case.

A text can be asked for its words (`mentions`), which is quick for few texts; or an index can be asked for its texts
(`is_indexed_under`), which is quick for words that few texts have.
"""

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Text

from portal.models.programme import Programme
from portal.models.programme_text import ProgrammeText

TRIGRAM_CHARACTERS = 3  # with fewer, SQLite's index of trigrams knows nothing
AND = " AND "  # between the words that SQLite's index is asked for


@dataclass(frozen=True)
class Word:
    """All of a word that the text of a statement depends on; the word itself is a parameter."""

    place: int
    is_short: bool  # SQLite's index knows nothing of it


def words_of(search: str | None) -> tuple[str, ...]:
    """The words that somebody looks for, each once."""
    return tuple(dict.fromkeys((search or "").split()))


def kinds_of(words: tuple[str, ...]) -> tuple[Word, ...]:
    """What statements are made of for these words."""
    return tuple(Word(place, is_short=len(word) < TRIGRAM_CHARACTERS) for place, word in enumerate(words))


def word_parameters(words: tuple[str, ...]) -> dict[str, str]:
    """The values that belong to such statements, of which either database takes its own."""
    parameters = {
        "trigrams": AND.join(_phrase(word) for word in words if len(word) >= TRIGRAM_CHARACTERS),
    }
    for place, word in enumerate(words):
        parameters[f"word_{place}"] = word
        parameters[f"and_phrase_{place}"] = AND + _phrase(word)
    return parameters


def read_text() -> ColumnElement[str]:
    """What is searched of a Programme, as `mentions` reads it: once in lower case, however many the words are."""
    return func.lower(Programme.title + "\n" + Programme.description)


def mentions(words: Iterable[Word], text: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether each of the words stands in a text of lower case, found by reading it."""
    return and_(true(), *(_stands_in(text, word) for word in words))


def is_indexed_under_all(words: tuple[Word, ...]) -> ColumnElement[bool]:
    """Whether a ProgrammeText may have each of the words, by the database's index of words.

    More texts may be found than have them: they are to be read.
    """
    return OnEach(_has_pieces(words), _has_trigrams(words))


def is_indexed_under(are_asked: Mapping[Word, ColumnElement[bool]]) -> ColumnElement[bool]:
    """The same of those words of which the condition holds; none may be short."""
    covers = (case((is_asked, _cover(word))) for word, is_asked in are_asked.items())
    return OnEach(_pieces_have(func.concat_ws(" & ", *covers)), _trigrams_have(_phrases(are_asked)))


def _stands_in(text: ColumnElement[str], word: Word) -> ColumnElement[bool]:
    # In a statement of its own the word is put in lower case once, not for each row.
    lowered = select(func.lower(bindparam(f"word_{word.place}", type_=Text))).scalar_subquery()
    return OnEach(func.strpos(text, lowered) > 0, func.instr(text, lowered) > 0)


def _has_pieces(words: tuple[Word, ...]) -> ColumnElement[bool]:
    """In PostgreSQL: each word by itself, as where one does not stand the others are skipped."""
    return and_(*(_pieces_have(_cover(word)) for word in words))


def _has_trigrams(words: tuple[Word, ...]) -> ColumnElement[bool]:
    """In SQLite: short words are read for, as the index knows nothing of them."""
    short = [word for word in words if word.is_short]
    are_there = mentions(short, func.lower(ProgrammeText.content))
    if len(short) == len(words):
        return are_there
    have_all = _trigrams_have(bindparam("trigrams", type_=Text))
    return and_(have_all, are_there) if short else have_all


def _pieces_have(asked: ColumnElement[str]) -> ColumnElement[bool]:
    # In a statement of its own PostgreSQL can't guess by what is asked, and has no reason to plan each search anew.
    query = select(cast(asked, TSQUERY)).scalar_subquery()
    return func.search_pieces(ProgrammeText.content).bool_op("@@")(query)


def _cover(word: Word) -> ColumnElement[str]:
    """The pieces of PostgreSQL's index that a word is made of; a text may have them all in other places."""
    return func.search_cover(bindparam(f"word_{word.place}", type_=Text), type_=Text)


def _trigrams_have(query: ColumnElement[str]) -> ColumnElement[bool]:
    found: Select[int] = select(column("rowid")).select_from(table("programme_words"))
    return ProgrammeText.id.in_(found.where(column("programme_words").bool_op("MATCH")(query)))


def _phrase(word: str) -> str:
    quoted = word.replace('"', '""')
    return f'"{quoted}"'


def _phrases(are_asked: Mapping[Word, ColumnElement[bool]]) -> ColumnElement[str]:
    """What SQLite's index is asked for: those words of which the condition holds, without a first "and"."""
    parts = [
        case((is_asked, bindparam(f"and_phrase_{word.place}", type_=Text)), else_="")
        for word, is_asked in are_asked.items()
    ]
    return func.substr(reduce(operator.add, parts), len(AND) + 1)


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
