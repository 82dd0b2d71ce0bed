"""Searching for words: each stands somewhere in title or description, also within another word, in whatever case.

A text can be asked for its words (`mentions`), which is quick for few texts; or an index can be asked for its texts
(`is_indexed_under`), which is quick for words that few texts have.
"""

from collections.abc import Iterable, Mapping
from functools import reduce

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
from sqlalchemy.types import Text

from portal.models.on_each import OnEach
from portal.models.programme import Programme
from portal.models.programme_text import ProgrammeText

PIECE_CHARACTERS = (8, 4)  # the sizes that either index has, the larger first
BEGINNING_CHARACTERS = 8  # one piece
SQLITE_S_OWN_SPACE = "\u180e"  # for which its tables of Unicode take this character, and Python's don't any more


def words_of(search: str | None) -> tuple[str, ...]:
    """The words that somebody looks for, each once."""
    return tuple(dict.fromkeys((search or "").replace(SQLITE_S_OWN_SPACE, " ").split()))


def word_parameters(words: Iterable[str]) -> dict[str, str]:
    """The values that belong to statements for these words, of which either database takes its own.

    Statements know words by their places alone.
    """
    parameters: dict[str, str] = {}
    for place, word in enumerate(words):
        for name, part in (("whole", word), ("begun", word[:BEGINNING_CHARACTERS])):
            parameters[f"{name}_word_{place}"] = part
            parameters[f"{name}_match_{place}"] = match_of(part)
    return parameters


def match_of(word: str) -> str:
    """What SQLite's index is asked for by a word, as `search_cover` tells it for PostgreSQL's (migration 0013).

    The largest pieces that the word has, each where the one before ends, the last at the word's end; a text may have
    them all in other places. A word that is shorter than any piece is what a piece begins with.
    """
    lowered = word.lower()
    for size in PIECE_CHARACTERS:
        if len(lowered) >= size:
            last = len(lowered) - size
            return " ".join(_quoted(lowered[min(at, last) :][:size]) for at in range(0, len(lowered), size))
    return f"{_quoted(lowered)}*"


def read_text() -> ColumnElement[str]:
    """What is searched of a Programme, as `mentions` reads it: once in lower case, however many the words are."""
    return func.lower(Programme.title + "\n" + Programme.description)


def mentions(places: Iterable[int], text: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether each of the words stands in a text of lower case, found by reading it."""
    return and_(true(), *(_stands_in(text, place) for place in places))


def is_indexed_under_all(places: Iterable[int], are_common: Mapping[int, ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether a ProgrammeText may have each of the words, by the database's index of words.

    More texts may be found than have them: they are to be read. Of a common word the beginning is enough, which hardly
    more texts have: all texts of each further piece would be gone through. PostgreSQL is asked for each word by itself,
    as where one does not stand the others are skipped.
    """
    words, matches = [], []
    for place in places:
        word, match = _whole("word", place), _whole("match", place)
        if place in are_common:
            word = case((are_common[place], _begun("word", place)), else_=word)
            match = case((are_common[place], _begun("match", place)), else_=match)
        words.append(word)
        matches.append(match)
    return OnEach(and_(*(_is_found_in_postgresql(_cover(word)) for word in words)), _is_found_in_sqlite(matches))


def is_indexed_under(are_asked: Mapping[int, ColumnElement[bool]]) -> ColumnElement[bool]:
    """The same of those words of which the condition holds."""
    covers = (case((is_asked, _cover(_whole("word", place)))) for place, is_asked in are_asked.items())
    matches = (case((is_asked, _whole("match", place)), else_="") for place, is_asked in are_asked.items())
    return OnEach(_is_found_in_postgresql(func.concat_ws(" & ", *covers)), _is_found_in_sqlite(matches))


def _stands_in(text: ColumnElement[str], place: int) -> ColumnElement[bool]:
    # In a statement of its own the word is put in lower case once, not for each row.
    lowered = select(func.lower(_whole("word", place))).scalar_subquery()
    return OnEach(func.strpos(text, lowered) > 0, func.instr(text, lowered) > 0)


def _whole(name: str, place: int) -> ColumnElement[str]:
    return bindparam(f"whole_{name}_{place}", type_=Text)


def _begun(name: str, place: int) -> ColumnElement[str]:
    return bindparam(f"begun_{name}_{place}", type_=Text)


def _cover(word: ColumnElement[str]) -> ColumnElement[str]:
    return func.search_cover(word, type_=Text)


def _is_found_in_postgresql(cover: ColumnElement[str]) -> ColumnElement[bool]:
    # In a statement of its own PostgreSQL can't guess by what is asked, and has no reason to plan each search anew.
    query = select(cast(cover, TSQUERY)).scalar_subquery()
    return func.search_pieces(ProgrammeText.content).bool_op("@@")(query)


def _is_found_in_sqlite(matches: Iterable[ColumnElement[str]]) -> ColumnElement[bool]:
    """By all that is asked for: FTS5 takes what stands beside each other for what has to stand together."""
    query = reduce(lambda before, match: before + " " + match, matches)
    found: Select[int] = select(column("rowid")).select_from(table("programme_words"))
    return ProgrammeText.id.in_(found.where(column("programme_words").bool_op("MATCH")(query)))


def _quoted(piece: str) -> str:
    escaped = piece.replace('"', '""')
    return f'"{escaped}"'
