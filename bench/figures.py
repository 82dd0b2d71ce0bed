"""Figures of several rounds: median, least and most, and how one thing stands to another in the same round."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """What several rounds came to."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        """The median, and in brackets where it lay between."""
        if self.least == self.most:
            return short(self.median)
        return f"{short(self.median)} ({short(self.least)}–{short(self.most)})"


def spread(values: Sequence[float]) -> Spread:
    """At least one value, in any order."""
    return Spread(median(values), min(values), max(values))


def ratios(values: Sequence[float], bases: Sequence[float]) -> list[float]:
    """Each value as a share of the base of its round; 0 where the base is 0."""
    return [value / base if base else 0.0 for value, base in zip(values, bases, strict=True)]


def short(value: float) -> str:
    """Three digits that matter: 1,240 · 86.1 · 4.27 · 0.012."""
    size = abs(float(f"{value:.3g}"))  # 9.998 is 10.0
    if size >= 100:  # noqa: PLR2004 - three digits before the point
        return f"{value:,.0f}"
    if size >= 10:  # noqa: PLR2004 - two
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 1 else f"{value:.2g}"
