"""Pages of rows that are numbered as they come: newest first, each page beginning right behind the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

ROW_ID_MAX = 2**63 - 1  # what both databases take for a row's number

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class NumberedPage(Generic[Row]):
    """Some rows, and the number of the last one: None where no page follows."""

    items: Sequence[Row]
    next_cursor: int | None


def is_row_id(number: int) -> bool:
    """Whether a database could hold a row of that number."""
    return 0 < number <= ROW_ID_MAX


def row_id_or_none(cursor: str | None) -> int | None:
    """The number in an address that a person may have cut short: without a good one, the list begins anew."""
    if not cursor or not cursor.isascii() or not cursor.isdecimal() or len(cursor) > len(str(ROW_ID_MAX)):
        return None
    return int(cursor) if is_row_id(int(cursor)) else None
