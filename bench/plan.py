"""What the environment asks of a run: which benchmarks, on how many rows, on which database, for how long."""

from collections.abc import Mapping
from dataclasses import dataclass

ROWS_MAX = REQUESTS_MAX = 10_000_000
DATABASES = ("postgresql", "sqlite")


class PlanError(Exception):
    """One line for whoever started the run: which variable, and what it may be."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run. `growth` are the sizes that the benchmark of that name compares, smallest first."""

    names: tuple[str, ...]
    database: str
    rows: int
    growth: tuple[int, ...]
    seconds: int  # of load for each figure
    rounds: int
    events: int  # in a burst
    requests: int  # between the first look at memory and the last
    keeps: bool

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], known: tuple[str, ...]) -> "Plan":
        """Read every variable; PlanError for the first that is bad. `known` are the benchmarks there are."""
        database = environ.get("BENCH_DB") or DATABASES[0]
        if database not in DATABASES:
            raise PlanError(f"BENCH_DB is {database!r}: it is one of {', '.join(DATABASES)}")
        growth = environ.get("BENCH_GROWTH") or "10000,100000"
        return cls(
            names=_names(environ.get("BENCH") or "", known),
            database=database,
            rows=_number("BENCH_ROWS", environ.get("BENCH_ROWS") or "10000", 100, ROWS_MAX),
            growth=tuple(sorted({_number("BENCH_GROWTH", size, 100, ROWS_MAX) for size in _split(growth)})),
            seconds=_number("BENCH_SECONDS", environ.get("BENCH_SECONDS") or "5", 1, 600),
            rounds=_number("BENCH_ROUNDS", environ.get("BENCH_ROUNDS") or "3", 1, 99),
            events=_number("BENCH_EVENTS", environ.get("BENCH_EVENTS") or "10000", 64, 100_000),
            requests=_number("BENCH_REQUESTS", environ.get("BENCH_REQUESTS") or "5000", 100, REQUESTS_MAX),
            keeps=environ.get("BENCH_KEEP", "") not in {"", "0"},
        )


def _names(asked: str, known: tuple[str, ...]) -> tuple[str, ...]:
    wanted = _split(asked)
    for name in wanted:
        if name not in known:
            raise PlanError(f"BENCH names {name!r}: there are {', '.join(known)}")
    return tuple(name for name in known if not wanted or name in wanted)


def _split(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _number(name: str, value: str, least: int, most: int) -> int:
    is_number = value.isascii() and value.isdecimal() and len(value) <= len(str(most))
    if not is_number or not least <= int(value) <= most:
        raise PlanError(f"{name} is {value[:40]!r}: it is a whole number from {least} to {most}")
    return int(value)
