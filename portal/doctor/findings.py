"""One thing that was looked at, and how it was found."""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime


class Level(enum.StrEnum):
    """How a thing was found."""

    FINE = "fine"
    LOOK = "look"  # works, and somebody should know
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`found` in plain words; `to_do` says what helps, and `command` or variable is what to type for it."""

    name: str
    level: Level
    found: str
    to_do: str = ""
    command: str = ""


def fine(name: str, found: str) -> Finding:
    return Finding(name=name, level=Level.FINE, found=found)


def look(name: str, found: str, to_do: str = "", command: str = "") -> Finding:
    return Finding(name=name, level=Level.LOOK, found=found, to_do=to_do, command=command)


def broken(name: str, found: str, to_do: str = "", command: str = "") -> Finding:
    return Finding(name=name, level=Level.BROKEN, found=found, to_do=to_do, command=command)


def when(at: datetime) -> str:
    """A moment as the findings write it."""
    return f"{at.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def counted(count: int, one: str, many: str) -> str:
    """A number with its word."""
    return f"{count:,} {one if count == 1 else many}"
