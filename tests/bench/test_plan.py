"""What the environment may ask of a run."""

import pytest

from bench.plan import Plan, PlanError

KNOWN = ("list", "webhook", "burst")


def test_nothing_said_means_everything_on_postgresql() -> None:
    plan = Plan.from_environ({}, KNOWN)

    assert (plan.names, plan.database, plan.rows, plan.seconds) == (KNOWN, "postgresql", 10_000, 5)


def test_several_names_run_in_the_order_of_the_benchmarks() -> None:
    assert Plan.from_environ({"BENCH": "burst, list"}, KNOWN).names == ("list", "burst")


def test_sizes_are_sorted() -> None:
    assert Plan.from_environ({"BENCH_GROWTH": "100000,1000"}, KNOWN).growth == (1_000, 100_000)


@pytest.mark.parametrize(
    ("name", "value"),
    [("BENCH", "speed"), ("BENCH_DB", "mysql"), ("BENCH_ROWS", "many"), ("BENCH_ROWS", "5"), ("BENCH_SECONDS", "-1")],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(PlanError, match=f"^{name} .*{value}"):
        Plan.from_environ({name: value}, KNOWN)
