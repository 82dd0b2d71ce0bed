"""Programmes page by page: the published ones newest first or featured first, a coach's own, and all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Select, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.database.compiled import CompiledSelect
from portal.extensions import db
from portal.models.listing import Filter, Listing, Order, listing_of, listing_parameters
from portal.models.paging import row_limit
from portal.models.position import Position, position_or_none, read_cursor, write_cursor
from portal.models.product import Product
from portal.models.programme import Programme
from portal.models.programme_row import ProgrammeRow, programme_columns
from portal.models.published import published_page
from portal.models.state import Status
from portal.models.user import User
from portal.models.words import word_parameters, words_of

__all__ = [
    "LIMIT_DEFAULT",
    "LIMIT_MAX",
    "Filter",
    "Page",
    "Position",
    "all_programmes",
    "count_programmes",
    "deleted_programmes",
    "featured_then_newest",
    "newest_published",
    "own_programmes",
    "position_or_none",
    "read_cursor",
    "write_cursor",
]

LIMIT_DEFAULT = 20
LIMIT_MAX = 100
STATEMENTS_KEPT = 200  # most pages are of a handful of kinds


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some programmes, and where the next page begins: None on the last."""

    items: Sequence[ProgrammeRow]
    next_cursor: str | None


def newest_published(wanted: Filter, *, limit: int, after: Position | None) -> Page:
    """Newest first. One query."""
    return _published(wanted, Order.NEWEST, limit, after)


def featured_then_newest(wanted: Filter, *, limit: int, after: Position | None) -> Page:
    """Featured first, and newest first within each. One query."""
    return _published(wanted, Order.FEATURED_THEN_NEWEST, limit, after)


def own_programmes(owner_id: int, *, limit: int, after: Position | None) -> Page:
    """All that a coach has made, newest first, in whatever state. One query."""
    chosen = (
        select_rows(Product.created_at)
        .where(Product.owner_id == owner_id, Programme.deleted_at.is_(None))
        .order_by(Product.created_at.desc(), Product.id.desc())
    )
    if after:
        chosen = chosen.where(tuple_(Product.created_at, Product.id) < (after.at, after.product_id))
    return _page(_rows_of(chosen, limit), limit)


def all_programmes(*, status: Status | None = None, search: str = "", limit: int, after: Position | None) -> Page:
    """Everybody's, newest first; of those searched for, each word stands in the title. One query."""
    chosen = select_rows(Programme.created_at).where(Programme.deleted_at.is_(None))
    chosen = chosen.order_by(Programme.created_at.desc(), Programme.product_id.desc())
    if status is not None:
        chosen = chosen.where(Programme.status == status)
    for word in search.split():
        chosen = chosen.where(Programme.title.icontains(word, autoescape=True))
    if after:
        chosen = chosen.where(tuple_(Programme.created_at, Programme.product_id) < (after.at, after.product_id))
    return _page(_rows_of(chosen, limit), limit)


def deleted_programmes(owner_id: int | None, limit: int) -> Sequence[ProgrammeRow]:
    """What can be brought back, a coach's own or (None) everybody's, the last deleted first. One query."""
    chosen = (
        select_rows(Programme.deleted_at)
        .where(Programme.deleted_at.is_not(None))
        .order_by(Programme.deleted_at.desc(), Programme.product_id.desc())
    )
    if owner_id is not None:
        chosen = chosen.where(Product.owner_id == owner_id)
    return _page(db.session.execute(chosen.limit(row_limit(limit))).all(), limit).items


def count_programmes() -> dict[Status, int]:
    """How many programmes there are, status by status. One query."""
    present = select(Programme.status, func.count()).where(Programme.deleted_at.is_(None))
    counted = db.session.execute(present.group_by(Programme.status))
    return dict.fromkeys(Status, 0) | dict(iter(counted))


def select_rows(sorted_at: InstrumentedAttribute[Any]) -> Select[*tuple[Any, ...]]:
    """Programmes with their coaches, by column, each with the time that its list is sorted by."""
    columns = programme_columns(Programme, Product, User)
    chosen = select(*columns, sorted_at).select_from(Programme)
    return chosen.join(Product, Product.id == Programme.product_id).join(User, User.id == Product.owner_id)


def _published(wanted: Filter, order: Order, limit: int, after: Position | None) -> Page:
    words = words_of(wanted.search)
    listing = listing_of(wanted, order, after, rows=limit + 1)
    chosen = _published_select(listing, range(len(words)), db.engine.dialect)
    parameters = listing_parameters(wanted, after) | word_parameters(words)
    return _page(chosen.rows(db.session.connection(), parameters), limit)


@lru_cache(maxsize=STATEMENTS_KEPT)
def _published_select(listing: Listing, words: range, dialect: Dialect) -> CompiledSelect:
    return CompiledSelect(published_page(select_rows(Programme.published_at), listing, words), dialect)


def _rows_of(chosen: Select[*tuple[Any, ...]], limit: int) -> Sequence[Any]:
    """With one more than fit."""
    return db.session.execute(chosen.limit(row_limit(limit + 1))).all()


def _page(rows: Sequence[Any], limit: int) -> Page:
    """A page of rows that were asked for with one more than fit."""
    items = [ProgrammeRow._make(row[:-1]) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(items=items, next_cursor=None)
    last = Position(is_featured=items[-1].is_featured, at=rows[limit - 1][-1], product_id=items[-1].product_id)
    return Page(items=items, next_cursor=write_cursor(last))
