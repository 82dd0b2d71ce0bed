"""While Mux is slow, and while it is away: what everything else keeps, and how soon a call is refused."""

import time
from dataclasses import asdict
from http import HTTPStatus

from bench.figures import Spread, ratios, spread
from bench.measuring import Measurement
from bench.mux_away import measure_refusals
from bench.rounds import measure_route
from bench.routes import ROUTES
from bench.scene import Stage
from bench.slow_mux import SlowMux
from bench.tables import Finding, Table
from bench.waiting_calls import WAITING, Answer, waiting_calls

BESIDE = tuple(route for route in ROUTES if route.name in {"list", "catalogue", "webhook"})
DELAY_SECONDS = 9.5  # the portal gives Mux ten
UNTIL_ALL_WAIT_SECONDS = 5
COLUMNS = ("", "requests/s", "p50 ms", "p99 ms", "slowest ms", "errors", "keeps")


def measure_neighbours(stage: Stage) -> Finding:
    """Each route alone and beside the waiting calls, `rounds` times; then a Mux that never answers, once."""
    alone: dict[str, list[Measurement]] = {route.name: [] for route in BESIDE}
    beside: dict[str, list[Measurement]] = {route.name: [] for route in BESIDE}
    answers: list[Answer] = []
    with stage.scene(stage.plan.rows) as scene:
        for _ in range(stage.plan.rounds):
            for route in BESIDE:
                alone[route.name].append(measure_route(scene, route, stage.plan.seconds))
                with waiting_calls(scene, stage.mux, DELAY_SECONDS) as answered:
                    _wait_until_all_wait(stage.mux)
                    beside[route.name].append(measure_route(scene, route, stage.plan.seconds))
                answers += answered
        waited = stage.mux.most_waiting
        refusals = measure_refusals(scene, stage.mux, stage.plan)
    kept = {name: _kept(alone[name], beside[name]) for name in alone}
    rows = []
    for name, each in kept.items():
        rows.append((f"{name} alone", *_cells(alone[name]), ""))
        rows.append((f"{name} beside {WAITING} calls", *_cells(beside[name]), str(each)))
    refused = sum(answer.status != HTTPStatus.CREATED for answer in answers)
    table = Table(
        title=f"Neighbours: Mux takes {DELAY_SECONDS:g} s for each create-upload-url ({stage.plan.database})",
        columns=COLUMNS,
        rows=rows,
        notes=[f"Calls that waited for Mux at the same time: {waited}; not answered 201: {refused}."],
    )
    figures = {"neighbours": {f"{name}_kept": each.median for name, each in kept.items()}, **refusals.figures}
    raw = {
        "alone": {name: [asdict(m) for m in rounds] for name, rounds in alone.items()},
        "beside": {name: [asdict(m) for m in rounds] for name, rounds in beside.items()},
        "away": refusals.raw,
    }
    return Finding([table, *refusals.tables], figures, raw)


def _kept(alone: list[Measurement], beside: list[Measurement]) -> Spread:
    return spread(ratios([m.requests_per_second for m in beside], [m.requests_per_second for m in alone]))


def _cells(rounds: list[Measurement]) -> tuple[str, ...]:
    return (
        str(spread([m.requests_per_second for m in rounds])),
        str(spread([m.p50_ms for m in rounds])),
        str(spread([m.p99_ms for m in rounds])),
        str(spread([m.slowest_ms for m in rounds])),
        str(sum(m.errors for m in rounds)),
    )


def _wait_until_all_wait(mux: SlowMux) -> None:
    """Give up quietly after a while: how many waited is told beside the figures."""
    deadline = time.monotonic() + UNTIL_ALL_WAIT_SECONDS
    while mux.waiting < WAITING and time.monotonic() < deadline:
        time.sleep(0.01)
