"""Which published programmes a page lists, but for words, and in which order, in whichever table has that order."""

import enum
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select, true, tuple_

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


@dataclass(frozen=True)
class Listing:
    """One page of one list. `rows` are one more than it shows."""

    wanted: Filter
    order: Order
    after: Position | None
    rows: int

    @property
    def keyed(self) -> Keyed:
        """The table whose index has this list, and nothing else, in order."""
        return Programme if self.wanted.tag is None else ProgrammeTag

    def conditions(self, table: Keyed) -> list[ColumnElement[bool]]:
        """Which rows of a table the page is made of; Programme's tags are left out."""
        conditions = [_is_listed(table, self.wanted)]
        if self.wanted.is_featured is not None:
            conditions.append(table.is_featured == self.wanted.is_featured)
        if self.wanted.is_premium is not None:
            conditions.append(table.is_premium == self.wanted.is_premium)
        if self.after is not None:
            newest = (self.after.at, self.after.product_id)
            keys = newest if self.order is Order.NEWEST else (self.after.is_featured, *newest)
            conditions.append(tuple_(*self.keys(table)) < keys)
        return conditions

    def is_tagged(self) -> list[ColumnElement[bool]]:
        """Whether a published programme has the tag that is asked for."""
        if self.wanted.tag is None:
            return []
        tagged = select(ProgrammeTag.product_id).where(
            _is_listed(ProgrammeTag, self.wanted),
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


def _is_listed(table: Keyed, wanted: Filter) -> ColumnElement[bool]:
    """Whether a row stands for a published programme, of the tag that is asked for."""
    if table is Programme:
        return Programme.is_published == true()
    tag: BindParameter[str] = bindparam("tag", " ".join((wanted.tag or "").split()).lower())
    return ProgrammeTag.tag == tag
