"""Pages of rows that are numbered as they come, each page beginning right behind the one before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, literal_column
from sqlalchemy.orm import InstrumentedAttribute

from portal.extensions import db

ROW_ID_MAX = 2**63 - 1  # what both databases take for a row's number

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class NumberedPage(Generic[Row]):
    """Some rows, and the number of the last one: None where no page follows."""

    items: Sequence[Row]
    next_cursor: int | None


def numbered_page(
    chosen: Select[*tuple[Any, ...]],
    number: InstrumentedAttribute[int],
    make: Callable[..., Row],
    *,
    limit: int,
    after: int | None,
    is_oldest_first: bool = False,
) -> NumberedPage[Row]:
    """What `make` makes of each row that was chosen, sorted by number. One query.

    One row more than is shown is asked for: it tells whether a page follows.
    """
    chosen = chosen.add_columns(number).order_by(number if is_oldest_first else number.desc())
    if after is not None:
        chosen = chosen.where(number > after if is_oldest_first else number < after)
    rows = db.session.execute(chosen.limit(row_limit(limit + 1))).all()
    items = [make(*row[:-1]) for row in rows[:limit]]
    return NumberedPage(items=items, next_cursor=rows[limit - 1][-1] if len(rows) > limit else None)


def as_it_is(row: Row) -> Row:
    """What a page makes of rows that are shown as they were read."""
    return row


def row_limit(rows: int) -> ColumnElement[int]:
    """A limit as part of the text: of one that is a parameter PostgreSQL comes to believe it is a tenth of all rows."""
    return literal_column(str(rows), Integer)


def is_row_id(number: int) -> bool:
    """Whether a database could hold a row of that number."""
    return 0 < number <= ROW_ID_MAX


def row_id_or_none(cursor: str | None) -> int | None:
    """The number in an address that a person may have cut short: without a good one, the list begins anew."""
    if not cursor or not cursor.isascii() or not cursor.isdecimal() or len(cursor) > len(str(ROW_ID_MAX)):
        return None
    return int(cursor) if is_row_id(int(cursor)) else None
