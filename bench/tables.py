"""Tables for a terminal: first column to the left, figures to the right."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of text under their headings, and what a reader has to know besides."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        """The table, ready to print."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        rule = "  ".join("─" * width for width in widths)
        lines = [_line(row, widths) for row in (self.columns, *self.rows)]
        return "\n".join(["", self.title, lines[0], rule, *lines[1:], *(f"  {note}" for note in self.notes)])


@dataclass(frozen=True)
class Finding:
    """What a benchmark found: for people, and for comparing with another run (`{what: {name: number}}`)."""

    tables: Sequence[Table]
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    raw: Any = None  # every round, for the file


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()
