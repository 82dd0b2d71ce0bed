"""How a page finds the programmes of a list that have some words, in one statement.

Common words are found soonest by reading the list from its beginning, rare ones by their index. So a few programmes are
looked at first. They also tell which of several words are rare: the index is asked for those alone, and of the few
texts that it finds the other words are read. Where a search looks decides nothing about what it finds (more in
docs/decisions/0014).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, and_, case, func, not_, or_, select, true, union

from portal.models.listing import Listing
from portal.models.paging import row_limit
from portal.models.programme import Programme
from portal.models.programme_text import ProgrammeText
from portal.models.words import is_indexed_under, is_indexed_under_all, mentions, read_text

SAMPLE = 200  # of the list's next programmes, to see how common the words are
COMMON_FROM = 2  # so many of a sample
LOOKED_THROUGH = 4_000  # programmes at the most, for common words
MANY = 1_000  # texts that the index finds, so that some of them are soon met along the list
GONE_ALONG = 20_000  # programmes at the most, to meet them
FEW = 500  # texts with the rare ones of several words, at the most, that are read for the others


def searched(listing: Listing, words: range) -> Select[Any]:
    """The product ids of a page of those that have all the words, known by their places."""
    seen = _seen_in_a_sample(listing, words)
    is_read = or_(_of(seen, "together") >= COMMON_FROM, _of(seen, "all_of_them") < SAMPLE)
    read = _found_by_reading(listing, words, is_read)
    is_looked_up = and_(_count(read) < listing.rows, or_(not_(is_read), _goes_on(listing, LOOKED_THROUGH)))
    found = [read, *_looked_up(listing, words, seen, is_looked_up)]
    together = union(*(select(part.c.product_id) for part in found)).subquery()
    return select(together.c.product_id).limit(row_limit(listing.rows * len(found)))


def _seen_in_a_sample(listing: Listing, words: range) -> CTE:
    """How many of the list's next programmes have the words, together and each of several (one row)."""
    sample = _text_of_next(listing, SAMPLE)
    counts = [
        func.count().filter(mentions((place,), sample.c.content)).label(f"word_{place}")
        for place in words
        if len(words) > 1
    ]
    together = func.count().filter(mentions(words, sample.c.content)).label("together")
    return select(func.count().label("all_of_them"), together, *counts).select_from(sample).cte("seen")


def _found_by_reading(listing: Listing, words: range, is_read: ColumnElement[bool]) -> CTE:
    nearby = _text_of_next(listing, LOOKED_THROUGH)
    found = select(nearby.c.product_id).where(mentions(words, nearby.c.content))
    return found.limit(_rows_if(is_read, listing.rows)).cte("found_by_reading")


def _looked_up(listing: Listing, words: range, seen: CTE, is_looked_up: ColumnElement[bool]) -> list[CTE]:
    """Found by all words at once, or where some of them are rare: by these."""
    if len(words) == 1:
        return _found_by_all(listing, words, is_looked_up, are_common={})
    is_rare = {place: _of(seen, f"word_{place}") < COMMON_FROM for place in words}
    are_common = {place: _of(seen, f"word_{place}") >= COMMON_FROM for place in words}
    few = select(ProgrammeText.product_id, func.lower(ProgrammeText.content).label("content"))
    few = few.where(is_indexed_under(is_rare)).limit(_rows_if(and_(is_looked_up, or_(*is_rare.values())), FEW))
    texts = few.cte("few")
    are_more = or_(not_(or_(*is_rare.values())), _count(texts) == FEW)
    among_few = _in_order(listing, texts.c.product_id, mentions(words, texts.c.content), "few_listed")
    return [
        among_few.limit(_rows_if(_count(texts) < FEW, listing.rows)).cte("found_among_few"),
        *_found_by_all(listing, words, and_(is_looked_up, are_more), are_common),
    ]


def _found_by_all(
    listing: Listing, words: range, is_looked_up: ColumnElement[bool], are_common: Mapping[int, ColumnElement[bool]]
) -> list[CTE]:
    """Found by the index alone: many candidates are soon met along the list, each of the others asked where it stands.

    Either way they are read in the list's order, and no further than to the end of the page.
    """
    candidates = select(ProgrammeText.product_id).where(is_indexed_under_all(words, are_common)).cte("candidates")
    are_many = _count(candidates) >= MANY
    next_ones = listing.product_ids().limit(row_limit(GONE_ALONG)).subquery()
    # Said to be true, or PostgreSQL would join the two in whatever order.
    is_candidate = next_ones.c.product_id.in_(select(candidates.c.product_id)).is_(true())
    met = _read(select(next_ones.c.product_id).where(is_candidate), words)
    met_first = met.limit(_rows_if(and_(is_looked_up, are_many), listing.rows)).cte("found_along_the_list")
    is_asked = and_(_count(met_first) < listing.rows, or_(not_(are_many), _goes_on(listing, GONE_ALONG)))
    asked = _read(_in_order(listing, candidates.c.product_id, true(), "all_listed"), words)
    return [met_first, asked.limit(_rows_if(and_(is_looked_up, is_asked), listing.rows)).cte("found_by_all")]


def _read(sorted_ids: Select[Any], words: range) -> Select[Any]:
    """Those whose texts have the words, each text read when its turn comes."""
    sorted_first = row_limit(0)  # an offset: no condition is asked before
    product_id = sorted_ids.offset(sorted_first).subquery().c.product_id
    is_there = mentions(words, func.lower(ProgrammeText.content))
    is_read_there = select(is_there).where(ProgrammeText.product_id == product_id).scalar_subquery()
    return select(product_id).where(is_read_there)


def _in_order(listing: Listing, product_id: Any, is_found: ColumnElement[bool], name: str) -> Select[Any]:
    """The product ids that are found and in the list, in its order.

    Each one asks for the sort keys of its programme by itself: of a join, either database might read the whole list.
    """
    keys = [
        select(key)
        .where(Programme.product_id == product_id, *listing.conditions(Programme), *listing.is_tagged())
        .correlate(product_id.table)
        .scalar_subquery()
        .label(f"key_{place}")
        for place, key in enumerate(listing.keys(Programme)[:-1])
    ]
    found = select(product_id, *keys).where(is_found).cte(name)
    listed = found.prefix_with("MATERIALIZED", dialect="postgresql").c  # so that keys are asked for once
    first_key, *_ = in_order = [*(listed[key.name] for key in keys), listed.product_id]
    return select(listed.product_id).where(first_key.is_not(None)).order_by(*(key.desc() for key in in_order))


def _text_of_next(listing: Listing, rows: int) -> FromClause:
    """The list's next programmes, each with what is searched of it."""
    return listing.first(rows, Programme.product_id, read_text().label("content")).subquery()


def _goes_on(listing: Listing, rows: int) -> ColumnElement[bool]:
    """Whether the list is longer than so many rows."""
    next_one = listing.product_ids().offset(row_limit(rows)).limit(row_limit(1))
    return next_one.scalar_subquery().is_not(None)


def _rows_if(condition: ColumnElement[bool], rows: int) -> ColumnElement[int]:
    """A limit: of none, and neither database begins to look."""
    return case((condition, row_limit(rows)), else_=row_limit(0))


def _of(counts: CTE, name: str) -> ColumnElement[int]:
    return select(counts.c[name]).scalar_subquery()


def _count(rows: CTE) -> ColumnElement[int]:
    return select(func.count()).select_from(rows).scalar_subquery()
