"""The routes, measured in rounds of rotated order, each against the ceiling as it was right before.

A machine that others share may be half as fast a minute later.
"""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from typing import TypeVar

from sqlalchemy import func, select

from bench.calls import Call
from bench.figures import ratios, spread
from bench.inside import portal_inside
from bench.measuring import Measurement, check, measure
from bench.queries import statements_of
from bench.routes import IDS_MAX, Route
from bench.scene import Scene, Stage
from bench.serving import Server
from bench.tables import Finding, Table
from portal.extensions import db
from portal.models import Outcome, WebhookEvent

EVENTS_PER_SECOND = 1_500  # more than any machine takes in; each is signed beforehand
COLUMNS = ("", "requests/s", "of the ceiling", "p50 ms", "p99 ms", "CPU ms", "database CPU ms", "queries", "errors")
Item = TypeVar("Item")


def measure_routes(stage: Stage, routes: Sequence[Route]) -> Finding:
    """Every route, each time after the ceiling, `rounds` times."""
    measured: dict[str, list[Measurement]] = {route.name: [] for route in routes}
    ceilings: dict[str, list[Measurement]] = {route.name: [] for route in routes}
    with stage.scene(stage.plan.rows) as scene, stage.ceiling() as ceiling:
        for number in range(stage.plan.rounds):
            for route in rotated(routes, number):
                ceilings[route.name].append(_measure_ceiling(ceiling, stage.plan.seconds))
                measured[route.name].append(measure_route(scene, route, stage.plan.seconds))
        queries = _count_queries(scene, routes)
    return _finding(stage, routes, measured, ceilings, queries)


def rotated(items: Sequence[Item], places: int) -> list[Item]:
    """The same items, each round beginning with another one."""
    start = places % len(items)
    return [*items[start:], *items[:start]]


def _measure_ceiling(ceiling: Server, seconds: int) -> Measurement:
    return measure(ceiling, [Call(path="/")], seconds=seconds)


def measure_route(scene: Scene, route: Route, seconds: int) -> Measurement:
    """One of the routes for so many seconds. An event that did not change its programme counts as an error."""
    if not route.is_once:
        calls = route.calls(scene, IDS_MAX)
        check(scene.portal, calls[0], route.says)
        return measure(scene.portal, calls, seconds=seconds, database=scene.database.server)
    first, *calls = route.calls(scene, EVENTS_PER_SECOND * seconds)
    check(scene.portal, first, route.says)
    before = _applied(scene)
    measured = measure(scene.portal, calls, seconds=seconds, database=scene.database.server, is_once=True)
    missing = max(0, measured.requests - (_applied(scene) - before))
    return Measurement(**{**asdict(measured), "errors": measured.errors + missing})


def _applied(scene: Scene) -> int:
    """How many events have changed their programme."""
    counted = select(func.count()).select_from(WebhookEvent).where(WebhookEvent.outcome == Outcome.APPLIED)
    with scene.database.engine.connect() as connection:
        return connection.scalar(counted) or 0


def _count_queries(scene: Scene, routes: Sequence[Route]) -> dict[str, int]:
    app = portal_inside(scene.environment)
    queries = {route.name: len(statements_of(app, route.calls(scene, 1)[0])) for route in routes}
    with app.app_context():
        db.engine.dispose()
    return queries


def _rates(rounds: Sequence[Measurement]) -> list[float]:
    return [round_.requests_per_second for round_ in rounds]


def _finding(
    stage: Stage,
    routes: Sequence[Route],
    measured: dict[str, list[Measurement]],
    ceilings: dict[str, list[Measurement]],
    queries: dict[str, int],
) -> Finding:
    what = {"ceiling": "ceiling: ready-made bytes"} | {route.name: f"{route.name}: {route.what}" for route in routes}
    measured = {"ceiling": list(chain.from_iterable(ceilings.values())), **measured}
    rows, figures = [], {}
    for name, rounds in measured.items():
        ratio = spread(ratios(_rates(rounds), _rates(ceilings.get(name, rounds))))
        cpu, database = spread([r.cpu_ms for r in rounds]), spread([r.database_cpu_ms for r in rounds])
        rows.append(
            (
                what[name],
                str(spread(_rates(rounds))),
                str(ratio),
                str(spread([r.p50_ms for r in rounds])),
                str(spread([r.p99_ms for r in rounds])),
                str(cpu),
                str(database),
                str(queries.get(name, 0)),
                str(sum(r.errors for r in rounds)),
            )
        )
        if name != "ceiling":
            figures[name] = {"of_ceiling": ratio.median, "cpu_ms": cpu.median, "queries": queries[name]}
    title = f"Routes, {stage.plan.rows:,} programmes on {stage.plan.database}, {stage.plan.rounds} rounds"
    table = Table(title=title, columns=COLUMNS, rows=rows)
    raw = {name: [asdict(round_) for round_ in rounds] for name, rounds in measured.items()}
    return Finding([table], figures, raw)
