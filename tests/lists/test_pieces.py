"""What an index of words holds of a text, and what it is asked for: the same in both databases, each in its words."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, func, select, text

from portal.extensions import db
from portal.models import Programme, ProgrammeText
from portal.models.words import is_indexed_under_all, match_of, word_parameters

COVERS = {
    "a": ("'a':*", '"a"*'),
    "ÀBC": ("'àbc':*", '"àbc"*'),
    "abcd": ("'abcd'", '"abcd"'),
    "abcdefg": ("'abcd' & 'defg'", '"abcd" "defg"'),
    "abcdefgh": ("'abcdefgh'", '"abcdefgh"'),
    "abcdefghi": ("'abcdefgh' & 'bcdefghi'", '"abcdefgh" "bcdefghi"'),
    "abcdefghijklmnopq": ("'abcdefgh' & 'ijklmnop' & 'jklmnopq'", '"abcdefgh" "ijklmnop" "jklmnopq"'),
    "it's": ("'it''s'", '"it\'s"'),
    'so"so"': ("""'so"s' & '"so"'""", '"so""s" """so"""'),
    r"a\b&c": (r"'a\\b&' & '\\b&c'", r'"a\b&" "\b&c"'),
    r"\'": (r"'\\''':*", r""""\'"*"""),
}

JOINED = (
    "x\N{ZERO WIDTH SPACE}y",
    "👩\N{ZERO WIDTH JOINER}🚀",
    "e\N{COMBINING ACUTE ACCENT}",
    "a\N{SOFT HYPHEN}bc",
    "İSTANBUL",
)


@pytest.mark.parametrize("word", COVERS)
def test_a_word_is_asked_for_by_the_largest_pieces_that_it_has(connection: Connection, word: str) -> None:
    assert (connection.scalar(select(func.search_cover(word))), match_of(word)) == COVERS[word]


@pytest.mark.parametrize("word", [*COVERS, *JOINED])
def test_a_text_has_whatever_its_words_are_asked_for_by(
    in_app: Flask, make: Callable[..., Programme], word: str
) -> None:
    within, behind, _elsewhere = (
        make(title=title).product_id for title in (f"One\t{word}s\r\nand", f"x{word}", word[1:] or "-")
    )

    assert _found_by_the_index(word) == {within, behind}


def test_pieces_of_four_are_shorter_at_the_end_of_a_word(in_app: Flask, make: Callable[..., Programme]) -> None:
    make(title="Deepened\nso", description="so\n\nDEEP")

    of_four = {"deep", "eepe", "epen", "pene", "ened", "ned", "ed", "d"} | {"eep", "ep", "p"}
    assert _pieces() == of_four | {"deepened", "so", "o"}


def _pieces() -> set[str]:
    if db.engine.dialect.name == "sqlite":
        return set(db.session.scalars(text("SELECT pieces FROM programme_pieces")).one().split())
    return set(db.session.scalars(text("SELECT tsvector_to_array(search_pieces(content)) FROM programme_text")).one())


def _found_by_the_index(word: str) -> set[uuid.UUID]:
    found = select(ProgrammeText.product_id).where(is_indexed_under_all(range(1), {}))
    return set(db.session.scalars(found, word_parameters([word])))


@pytest.fixture
def connection(postgresql_database: str) -> Iterator[Connection]:
    engine = create_engine(postgresql_database)
    with engine.connect() as connected:
        yield connected
    engine.dispose()
