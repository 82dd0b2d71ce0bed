"""Which published programmes a page lists, but for words, and in which order, in whichever table has that order."""

import enum
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select, true, tuple_
from sqlalchemy.types import TypeEngine

from portal.models.paging import row_limit
from portal.models.position import Position
from portal.models.programme import Programme
from portal.models.programme_tag import ProgrammeTag

Keyed = type[Programme] | type[ProgrammeTag]  # both have the keys that lists are sorted by


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


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All that the text of a page's statement depends on, but for words; other values are parameters.

    So a statement is put together once for all pages of a kind, which would take longer than many a query.
    """

    order: Order
    rows: int  # one more than the page shows
    is_of_a_tag: bool
    is_featured: bool | None
    is_premium: bool | None
    is_continued: bool  # behind a position

    @property
    def keyed(self) -> Keyed:
        """The table whose index has this list, and nothing else, in order."""
        return ProgrammeTag if self.is_of_a_tag else Programme

    def conditions(self, table: Keyed) -> list[ColumnElement[bool]]:
        """Which rows of a table the page is made of; Programme's tags are left out."""
        conditions = [_is_listed(table)]
        if self.is_featured is not None:
            conditions.append(table.is_featured == self.is_featured)
        if self.is_premium is not None:
            conditions.append(table.is_premium == self.is_premium)
        if self.is_continued:
            keys = self.keys(table)
            conditions.append(tuple_(*keys) < tuple_(*(_bound(f"after_{key.key}", key.type) for key in keys)))
        return conditions

    def is_tagged(self) -> list[ColumnElement[bool]]:
        """Whether a published programme has the tag that is asked for."""
        if not self.is_of_a_tag:
            return []
        tagged = select(ProgrammeTag.product_id).where(
            _is_listed(ProgrammeTag),
            ProgrammeTag.published_at == Programme.published_at,
            ProgrammeTag.product_id == Programme.product_id,
        )
        return [tagged.exists()]

    def keys(self, table: Keyed) -> tuple[Any, ...]:
        """The columns that the list is sorted by."""
        newest = (table.published_at, table.product_id)
        return newest if self.order is Order.NEWEST else (table.is_featured, *newest)

    def descending(self, table: Keyed) -> list[ColumnElement[Any]]:
        return [key.desc() for key in self.keys(table)]

    def product_ids(self) -> Select[Any]:
        """Those of the whole list from here on, in order."""
        table = self.keyed
        return select(table.product_id).where(*self.conditions(table)).order_by(*self.descending(table))

    def first(self, rows: int, *columns: Any) -> Select[Any]:
        """Columns of Programme, of the list's next rows, in order."""
        chosen = select(*columns).select_from(self.keyed)
        if self.keyed is ProgrammeTag:
            chosen = chosen.join(Programme, Programme.product_id == ProgrammeTag.product_id)
        chosen = chosen.where(*self.conditions(self.keyed)).order_by(*self.descending(self.keyed))
        return chosen.limit(row_limit(rows))


def listing_of(wanted: Filter, order: Order, after: Position | None, *, rows: int) -> Listing:
    """The page of a list that begins behind a position, or with the first."""
    return Listing(
        order=order,
        rows=rows,
        is_of_a_tag=wanted.tag is not None,
        is_featured=wanted.is_featured,
        is_premium=wanted.is_premium,
        is_continued=after is not None,
    )


def listing_parameters(wanted: Filter, after: Position | None) -> dict[str, Any]:
    """The values that belong to a listing."""
    parameters: dict[str, Any] = {}
    if wanted.tag is not None:
        parameters["tag"] = " ".join(wanted.tag.split()).lower()
    if after is not None:
        parameters |= {
            "after_is_featured": after.is_featured,
            "after_published_at": after.at,
            "after_product_id": after.product_id,
        }
    return parameters


def _is_listed(table: Keyed) -> ColumnElement[bool]:
    """Whether a row stands for a published programme, of the tag that is asked for."""
    if table is Programme:
        return Programme.is_published == true()
    # In a statement of its own PostgreSQL can't guess how rare the tag is, and has no reason to plan each list anew.
    return ProgrammeTag.tag == select(_bound("tag", ProgrammeTag.tag.type)).scalar_subquery()


def _bound(name: str, kept_as: TypeEngine[Any]) -> BindParameter[Any]:
    return bindparam(name, type_=kept_as)
