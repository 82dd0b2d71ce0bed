"""What lists find, compared with a plain look at every programme: all filters together, every page, both orders."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.extensions import db
from portal.models import Programme, Status, User, catalogue
from portal.models import searched as lists
from portal.models.catalogue import Filter, Page, featured_then_newest, newest_published, read_cursor
from portal.models.words import SQLITE_S_OWN_SPACE
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme

TAGS = ("calm", "übung", "a b")
WORDS = (
    "Deep",
    "breathing",
    "BREATH",
    "Übung",
    "à",
    "%",
    "100%",
    "_",
    "a\\b",
    "it's",
    '"so"',
    "日本語",
    "🫁",
    "of",
    "x/y",
)
LONG = "Donaudampfschifffahrtsgesellschaftskapitän"
SEARCHES = (
    *WORDS,
    "eat",
    "EATHING",
    "本",
    "e",
    "schiff",
    LONG,
    LONG[3:20],
    "Donaudampfschifffahrtskapitän",
    "none",
    "",
)

NUMBERS = ("SAMPLE", "COMMON_FROM", "LOOKED_THROUGH", "MANY", "GONE_ALONG", "FEW")
# How lists look for words: a common word is read for, a rare one looked up. Whatever is taken for common is found.
WAYS = {
    "as in production": (200, 2, 4_000, 1_000, 20_000, 500),
    "always by the index": (1, 1_000, 1, 1_000, 20_000, 1_000),
    "by the index, with more than a few": (1, 1_000, 1, 1_000, 20_000, 2),
    "by the index, of rare words": (10, 3, 10, 1_000, 20_000, 1_000),
    "by the index, along the whole list": (1, 1_000, 1, 1, 1_000, 2),
    "by the index, along a part of the list": (1, 1_000, 1, 2, 5, 2),
    "reading to the end": (1_000, 0, 1_000, 1_000, 20_000, 500),
    "reading too little": (3, 1, 5, 1_000, 20_000, 5),
}

filters = st.builds(
    Filter,
    tag=st.none() | st.sampled_from((*TAGS, " CALM ", "none")),
    search=st.none() | st.lists(st.sampled_from(SEARCHES), max_size=3).map("  ".join),
    is_featured=st.none() | st.booleans(),
    is_premium=st.none() | st.booleans(),
)


@pytest.fixture
def programmes(in_app: Flask, cast: Cast) -> list[Programme]:
    """Sixty, of which some are not published, and some were published at the same moment."""
    dice, owner = Random(1), db.session.merge(cast.owner)  # noqa: S311 - nothing here is secret
    return [_programme(dice, owner, number) for number in range(60)]


@pytest.fixture(params=list(WAYS))
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from _going(monkeypatch, request.param)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("list_page", [newest_published, featured_then_newest])
@given(wanted=filters, limit=st.sampled_from((1, 3, 20)))
@example(wanted=Filter(), limit=7)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_page_has_what_a_plain_look_finds(
    programmes: list[Programme], list_page: Callable[..., Page], wanted: Filter, limit: int
) -> None:
    found = [programme for programme in programmes if _is_wanted(programme, wanted)]
    in_order = sorted(found, key=_key(list_page), reverse=True)

    assert list(_walk(list_page, wanted, limit)) == [programme.product_id for programme in in_order]


PARTED = "Übungsnachmittage"  # longer than two of the largest pieces that an index has
SCATTERED = {  # texts with all pieces of a word, which it does not stand in
    "abcdefghi": "abcdefgh bcdefghi",
    "abcdef": "abcd xcdef",
    "abc": "bc ab",
    "abcdefghijklmnopq": "ijklmnop abcdefgh jklmnopq",
}


@pytest.mark.usefixtures("_looked_up")
def test_a_word_is_found_by_any_part_of_it(in_app: Flask, make: Callable[..., Programme]) -> None:
    parts = {PARTED[start:end] for end in range(1, len(PARTED) + 1) for start in range(end)}
    product_id = make(title=f"Of {PARTED}").product_id

    for part in parts:
        page = newest_published(Filter(search=part.upper()), limit=1, after=None)
        assert [row.product_id for row in page.items] == [product_id], part


@pytest.mark.usefixtures("_looked_up")
@pytest.mark.parametrize(("word", "text"), SCATTERED.items())
def test_pieces_of_a_word_do_not_make_it(in_app: Flask, make: Callable[..., Programme], word: str, text: str) -> None:
    makes = {title: make(title=title).product_id for title in (text, f"X{word}x", text.upper())}

    page = newest_published(Filter(search=word), limit=1, after=None)

    assert [row.product_id for row in page.items] == [makes[f"X{word}x"]]
    assert page.next_cursor is None


@pytest.mark.usefixtures("_looked_up")
@pytest.mark.parametrize(
    "search", [f"a{SQLITE_S_OWN_SPACE}bcdefg", f"{SQLITE_S_OWN_SPACE}", f"a {SQLITE_S_OWN_SPACE}b"]
)
def test_what_sqlite_alone_takes_for_a_space_parts_words(
    in_app: Flask, make: Callable[..., Programme], search: str
) -> None:
    product_id = make(title=f"A{SQLITE_S_OWN_SPACE}bcdefg").product_id

    page = newest_published(Filter(search=search), limit=1, after=None)

    assert [row.product_id for row in page.items] == [product_id]


@pytest.fixture
def _looked_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from _going(monkeypatch, "always by the index")


def _going(monkeypatch: pytest.MonkeyPatch, way: str) -> Iterator[None]:
    """Statements are kept, and those that were made for another way would go on with it."""
    for name, value in zip(NUMBERS, WAYS[way], strict=True):
        monkeypatch.setattr(lists, name, value)
    catalogue._published_select.cache_clear()
    yield
    catalogue._published_select.cache_clear()


def _programme(dice: Random, owner: User, number: int) -> Programme:
    is_ready = dice.random() < 0.9
    state: dict[str, Any] = {"status": Status.READY if is_ready else Status.ERRORED}
    if is_ready:
        state["is_published"] = is_published = dice.random() < 0.9
        state["published_at"] = NOON + timedelta(hours=number // 3) if is_published else None
    return make_programme(
        owner,
        title=" ".join(dice.choices(WORDS, k=2)) + (f"\N{NO-BREAK SPACE}{LONG}" if number % 9 == 0 else ""),
        description="\n".join(dice.choices(WORDS, k=dice.randint(0, 5))),
        tags=dice.sample(TAGS, dice.randint(0, 2)),
        is_featured=dice.random() < 0.2,
        is_premium=dice.random() < 0.3,
        **state,
    )


def _is_wanted(programme: Programme, wanted: Filter) -> bool:
    content = f"{programme.title}\n{programme.description}".lower()
    return (
        programme.is_published
        and (wanted.tag is None or wanted.tag.strip().lower() in programme.tags)
        and all(word.lower() in content for word in (wanted.search or "").split())
        and wanted.is_featured in {None, programme.is_featured}
        and wanted.is_premium in {None, programme.is_premium}
    )


def _key(list_page: Callable[..., Page]) -> Callable[[Programme], tuple[Any, ...]]:
    def key(programme: Programme) -> tuple[Any, ...]:
        newest = (programme.published_at or NOON, programme.product_id)
        return newest if list_page is newest_published else (programme.is_featured, *newest)

    return key


def _walk(list_page: Callable[..., Page], wanted: Filter, limit: int) -> Iterator[uuid.UUID]:
    after = None
    for _page_number in itertools.count():
        page = list_page(wanted, limit=limit, after=after)
        assert len(page.items) <= limit
        yield from (row.product_id for row in page.items)
        if page.next_cursor is None:
            return
        after = read_cursor(page.next_cursor)
