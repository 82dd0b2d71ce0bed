"""What PostgreSQL's index of words holds of a text, and what it is asked for."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, cast, create_engine, func, select
from sqlalchemy.dialects.postgresql import TSQUERY

COVERS = {
    "a": "'a':*",
    "ÀBC": "'àbc':*",
    "abcd": "'abcd'",
    "abcdefg": "'abcd' & 'defg'",
    "abcdefgh": "'abcdefgh'",
    "abcdefghi": "'abcdefgh' & 'bcdefghi'",
    "abcdefghijklmnopq": "'abcdefgh' & 'ijklmnop' & 'jklmnopq'",
    "it's": "'it''s'",
    r"a\b&c": r"'a\\b&' & '\\b&c'",
    r"\'": r"'\\''':*",
}


@pytest.mark.parametrize(("word", "cover"), COVERS.items())
def test_a_word_is_asked_for_by_the_largest_pieces_that_it_has(connection: Connection, word: str, cover: str) -> None:
    assert connection.scalar(select(func.search_cover(word))) == cover


@pytest.mark.parametrize("word", COVERS)
def test_a_text_has_whatever_its_words_are_asked_for_by(connection: Connection, word: str) -> None:
    asked = cast(func.search_cover(word), TSQUERY)
    for text, is_found in {f"One\t{word}s\r\nand": True, f"x{word.lower()}": True, word[1:]: False}.items():
        has_all = func.search_pieces(text).bool_op("@@")(asked)
        assert connection.scalar(select(has_all)) is is_found, text


def test_pieces_of_four_are_shorter_at_the_end_of_a_word(connection: Connection) -> None:
    pieces = connection.scalar(select(func.tsvector_to_array(func.search_pieces("Deepened\nso\n\n"))))

    of_four = {"deep", "eepe", "epen", "pene", "ened", "ned", "ed", "d"}
    assert set(pieces or []) == of_four | {"deepened", "so", "o"}


@pytest.fixture
def connection(postgresql_database: str) -> Iterator[Connection]:
    engine = create_engine(postgresql_database)
    with engine.connect() as connected:
        yield connected
    engine.dispose()
