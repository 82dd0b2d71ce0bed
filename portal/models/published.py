"""The one definition of which published programmes a page lists, and in which order.

The keys of a page are found first, in a table whose index has them in the order of the list (docs/decisions/0014);
what is shown of them is read afterwards, of as many rows as a page has.
"""

import enum
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    bindparam,
    case,
    func,
    select,
    true,
    tuple_,
    union,
)

from portal.models.paging import row_limit
from portal.models.position import Position
from portal.models.programme import Programme
from portal.models.programme_tag import ProgrammeTag
from portal.models.programme_text import ProgrammeText
from portal.models.words import is_indexed_under, mentions, words_of

Chosen = TypeVar("Chosen", bound=Select[*tuple[Any, ...]])
Keyed = type[Programme] | type[ProgrammeTag]  # both have the keys that lists are sorted by

SAMPLE = 200  # of the list's next programmes, to see how common the words are
COMMON_FROM = 2  # so many of a sample
LOOKED_THROUGH = 4_000  # programmes at the most, for common words


class Order(enum.Enum):
    """How a list of published programmes is sorted; equals by their ids."""

    NEWEST = enum.auto()
    FEATURED_THEN_NEWEST = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What to leave out; None leaves nothing out. `search` looks for words in titles and descriptions."""

    tag: str | None = None
    search: str | None = None
    is_featured: bool | None = None
    is_premium: bool | None = None


def published_page(chosen: Chosen, wanted: Filter, order: Order, *, limit: int, after: Position | None) -> Chosen:
    """Whatever is chosen of Programme, of one page's rows, in order, and of one row more that tells of a next page.

    Which text this compiles to depends only on the order, the limit, on which filters are set, on how many words are
    searched for (and how long they are), and on whether there is a position; all other values are bound parameters.
    """
    listing = _Listing(wanted, order, after, rows=limit + 1)
    if words := words_of(wanted.search):
        chosen = chosen.where(Programme.product_id.in_(listing.searched(words)))
    elif wanted.tag is not None:
        chosen = chosen.where(Programme.product_id.in_(listing.keys_in(ProgrammeTag, listing.rows)))
    else:
        chosen = chosen.where(*listing.conditions(Programme))
    return chosen.order_by(*listing.descending(Programme)).limit(row_limit(listing.rows))


@dataclass(frozen=True)
class _Listing:
    """One page of one list."""

    wanted: Filter
    order: Order
    after: Position | None
    rows: int

    def conditions(self, table: Keyed) -> list[ColumnElement[bool]]:
        """Which rows of a table the page is made of, but for words."""
        conditions = [_is_listed(table, self.wanted)]
        if self.wanted.is_featured is not None:
            conditions.append(table.is_featured == self.wanted.is_featured)
        if self.wanted.is_premium is not None:
            conditions.append(table.is_premium == self.wanted.is_premium)
        if self.after is not None:
            newest = (self.after.at, self.after.product_id)
            keys = newest if self.order is Order.NEWEST else (self.after.is_featured, *newest)
            conditions.append(tuple_(*self._keys(table)) < keys)
        return conditions

    def descending(self, table: Keyed) -> list[ColumnElement[Any]]:
        return [key.desc() for key in self._keys(table)]

    def keys_in(self, table: Keyed, rows: int) -> Select[Any]:
        """The first product ids of the list, in order, found in a table."""
        chosen = select(table.product_id).where(*self.conditions(table))
        return chosen.order_by(*self.descending(table)).limit(row_limit(rows))

    def searched(self, words: tuple[str, ...]) -> Select[Any]:
        """The product ids of a page of those that have the words.

        Common words are found soonest by reading the list from its beginning, rare ones by their index. So a few
        programmes are looked at first. What was read to no end, the index finds as well.
        """
        sample = self._read(SAMPLE, words)
        common_words = select(func.count()).where(sample.c.is_found).scalar_subquery()
        nearby = self._read(LOOKED_THROUGH, words)
        read = select(nearby.c.product_id).where(nearby.c.is_found)
        read_keys = read.limit(self._rows_if(common_words >= COMMON_FROM)).cte("read")
        found_by_reading = select(func.count()).select_from(read_keys).scalar_subquery()
        indexed_keys = self._indexed(words).limit(self._rows_if(found_by_reading < self.rows)).cte("indexed")
        return select(union(select(read_keys.c.product_id), select(indexed_keys.c.product_id)).subquery())

    def _rows_if(self, condition: ColumnElement[bool]) -> ColumnElement[int]:
        """A limit: of none, and neither database begins to look."""
        return case((condition, row_limit(self.rows)), else_=row_limit(0))

    def _read(self, rows: int, words: tuple[str, ...]) -> Any:
        table = Programme if self.wanted.tag is None else ProgrammeTag
        is_found = mentions(words, Programme.title, Programme.description).label("is_found")
        chosen = select(Programme.product_id, is_found).where(*self.conditions(table))
        if table is ProgrammeTag:
            chosen = chosen.join(ProgrammeTag, ProgrammeTag.product_id == Programme.product_id)
        return chosen.order_by(*self.descending(table)).limit(row_limit(rows)).subquery()

    def _indexed(self, words: tuple[str, ...]) -> Select[Any]:
        """The product ids of all the list that have the words, in order.

        Each text that the index finds asks for the keys of its programme by itself: of a join, either database might
        read the whole list.
        """
        keys = [self._key_of_text(key).label(f"key_{place}") for place, key in enumerate(self._keys(Programme)[:-1])]
        texts = select(ProgrammeText.product_id, *keys).where(is_indexed_under(words)).cte("texts")
        listed = texts.prefix_with("MATERIALIZED", dialect="postgresql").c  # its keys are asked for once
        in_order = [*(listed[key.name] for key in keys), listed.product_id]
        return select(listed.product_id).where(in_order[0].is_not(None)).order_by(*(key.desc() for key in in_order))

    def _key_of_text(self, key: ColumnElement[Any]) -> ScalarSelect[Any]:
        """A sort key of the programme that a text is of; None if the list does not have it."""
        chosen = select(key).where(Programme.product_id == ProgrammeText.product_id, *self.conditions(Programme))
        return chosen.where(*self._is_tagged()).correlate(ProgrammeText).scalar_subquery()

    def _is_tagged(self) -> list[ColumnElement[bool]]:
        """Whether a published programme has the tag that is asked for."""
        if self.wanted.tag is None:
            return []
        tagged = select(ProgrammeTag.product_id).where(
            _is_listed(ProgrammeTag, self.wanted),
            ProgrammeTag.published_at == Programme.published_at,
            ProgrammeTag.product_id == Programme.product_id,
        )
        return [tagged.exists()]

    def _keys(self, table: Keyed) -> tuple[Any, ...]:
        newest = (table.published_at, table.product_id)
        return newest if self.order is Order.NEWEST else (table.is_featured, *newest)


def _is_listed(table: Keyed, wanted: Filter) -> ColumnElement[bool]:
    """Whether a row stands for a published programme, of the tag that is asked for."""
    if table is Programme:
        return Programme.is_published == true()
    tag: BindParameter[str] = bindparam("tag", " ".join((wanted.tag or "").split()).lower())
    return ProgrammeTag.tag == tag
