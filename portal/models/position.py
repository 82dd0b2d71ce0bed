"""Where a page of programmes ends, and the cursors in addresses that say so."""

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a page ends: the sort keys of its last row, so that the next page begins right behind it."""

    is_featured: bool
    at: datetime  # when it was published, or in lists of what is not: made
    product_id: uuid.UUID


def write_cursor(position: Position) -> str:
    """A position as text that is safe in an address and means nothing to its reader."""
    text = f"{int(position.is_featured)}|{position.at.isoformat()}|{position.product_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Position:
    """The position that write_cursor wrote; ValueError for anything else."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        featured, at, product_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("|")
        position = Position(
            is_featured={"0": False, "1": True}[featured],
            at=_aware(datetime.fromisoformat(at)),
            product_id=uuid.UUID(product_id),
        )
    except (ValueError, KeyError, OverflowError) as error:
        raise ValueError("This cursor is not one that a list gave.") from error
    return position


def position_or_none(cursor: str | None) -> Position | None:
    """The position in an address that a person may have cut short: without a good one, the list begins anew."""
    try:
        return read_cursor(cursor) if cursor else None
    except ValueError:
        return None


def _aware(at: datetime) -> datetime:
    """The time in UTC; ValueError without a zone, OverflowError at the ends of the calendar."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC)
