"""Run the benchmarks that the environment asks for, print what they find, and keep it."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.burst import measure_burst
from bench.databases import Shelf, data_folder
from bench.environment import run_environment
from bench.growth import measure_growth
from bench.local_mux import measure_local_mux
from bench.measuring import WrongAnswerError
from bench.memory import measure_memory
from bench.neighbours import measure_neighbours
from bench.plan import Plan, PlanError
from bench.postgresql import postgresql_shelf
from bench.profile import profile_routes
from bench.results import comparison, keep, write_results
from bench.rounds import measure_routes
from bench.routes import ROUTES
from bench.scene import Stage
from bench.serving import NotServingError
from bench.slow_mux import slow_mux
from bench.sqlite import sqlite_shelf
from bench.tables import Finding
from bench.wrk import require_wrk

OTHERS: dict[str, Callable[[Stage], Finding]] = {
    "growth": measure_growth,
    "burst": measure_burst,
    "neighbours": measure_neighbours,
    "local-mux": measure_local_mux,
    "memory": measure_memory,
    "profile": profile_routes,
}
KNOWN = (*(route.name for route in ROUTES), *OTHERS)


def main() -> None:
    """Everything from start to end; whatever was started is stopped, also on SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        plan = Plan.from_environ(os.environ, KNOWN)
        require_wrk()
        with _stage(plan) as stage:
            findings = _run(stage)
    except (PlanError, NotServingError, WrongAnswerError) as error:
        sys.exit(f"bench: {error}")
    table = comparison(plan, findings)
    if table:
        print(table)
    if plan.keeps:
        keep(plan, findings)
    print(f"\nWritten to {write_results(plan, findings)}")


def _run(stage: Stage) -> dict[str, Finding]:
    findings: dict[str, Finding] = {}
    routes = [route for route in ROUTES if route.name in stage.plan.names]
    if routes:
        findings["routes"] = _told(measure_routes(stage, routes))
    for name, benchmark in OTHERS.items():
        if name in stage.plan.names:
            findings[name] = _told(benchmark(stage))
    return findings


def _told(finding: Finding) -> Finding:
    print(*finding.tables, sep="\n", flush=True)
    return finding


@contextmanager
def _stage(plan: Plan) -> Iterator[Stage]:
    with data_folder() as folder, slow_mux() as mux, _shelf(plan, folder) as shelf:
        log = folder / "portal.log"
        log.unlink(missing_ok=True)
        yield Stage(plan=plan, shelf=shelf, environment=run_environment(os.environ, mux.url), mux=mux, log=log)


def _shelf(plan: Plan, folder: Path) -> AbstractContextManager[Shelf]:
    return sqlite_shelf(folder) if plan.database == "sqlite" else postgresql_shelf(folder)


if __name__ == "__main__":
    main()
