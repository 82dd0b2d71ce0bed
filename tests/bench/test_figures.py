"""Figures of several rounds, and how they stand to each other."""

import pytest

from bench.figures import Spread, ratios, short, spread
from bench.results import compared
from bench.rounds import rotated


def test_a_spread_is_the_median_between_least_and_most() -> None:
    assert spread([3.0, 1.0, 10.0]) == Spread(3.0, 1.0, 10.0)
    assert str(spread([3.0, 1.0, 10.0])) == "3.00 (1.00–10.0)"
    assert str(spread([2.0])) == "2.00"


def test_a_ratio_is_taken_round_by_round() -> None:
    assert ratios([10.0, 30.0], [100.0, 200.0]) == [0.1, 0.15]
    assert ratios([10.0], [0.0]) == [0.0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1240.4, "1,240"), (86.14, "86.1"), (4.267, "4.27"), (9.998, "10.0"), (0.01234, "0.012")],
)
def test_a_figure_keeps_the_digits_that_matter(value: float, text: str) -> None:
    assert short(value) == text


def test_each_round_begins_with_another_one() -> None:
    assert [rotated("abc", number) for number in range(4)] == [list("abc"), list("bca"), list("cab"), list("abc")]


def test_only_what_both_runs_have_is_compared() -> None:
    now = {"list": {"cpu_ms": 6.0, "queries": 2.0}, "watch": {"cpu_ms": 1.0}}
    kept = {"list": {"cpu_ms": 8.0}, "studio": {"cpu_ms": 1.0}}

    assert compared(now, kept) == [("list cpu ms", "8.00", "6.00", "-25%")]
