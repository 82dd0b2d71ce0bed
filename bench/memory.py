"""What the workers take of memory before, amid and after many requests of all kinds, and how long a start takes."""

from collections.abc import Iterator, Sequence

import psutil

from bench.calls import Call
from bench.cost import own_memory_mib
from bench.figures import short, spread
from bench.measuring import Measurement, measure
from bench.plan import Plan
from bench.rounds import measure_route
from bench.routes import ROUTES
from bench.scene import Scene, Stage
from bench.tables import Finding, Table

OF_EACH_KIND = 2_000  # different calls
EVENTS_SECONDS = 1  # after each load of pages and lists: events need programmes that wait for them


def measure_memory(stage: Stage) -> Finding:
    """Three looks at the workers: fresh, and after each half of the requests. Starts: one a round."""
    starts: list[float] = []
    for _ in range(stage.plan.rounds - 1):
        with stage.scene(stage.plan.rows) as scene:
            starts.append(scene.portal.start_seconds)
    with stage.scene(stage.plan.rows) as scene:
        starts.append(scene.portal.start_seconds)
        looks, counts, errors = [_look(scene)], [0], 0  # before anybody signs in: hashing a password takes 19 MiB
        for measured in _load(scene, stage.plan):
            errors += measured.errors
            counts.append(counts[-1] + measured.requests)
            looks.append(_look(scene))
    half = next(place for place, count in enumerate(counts) if count >= stage.plan.requests / 2)
    shown = sorted({0, half, len(looks) - 1})
    names = ["gunicorn itself", *(f"worker {number}" for number in range(1, len(looks[0])))]
    rows = [
        *((name, *(short(looks[look][place]) for look in shown)) for place, name in enumerate(names)),
        ("workers together", *(short(sum(looks[look][1:])) for look in shown)),
    ]
    table = Table(
        title=f"Memory (PSS, MiB), all routes mixed, with sign-ins in between ({stage.plan.database})",
        columns=("", *(f"after {counts[look]:,} requests" if look else "just started" for look in shown)),
        rows=rows,
        notes=[f"Process start to first answer: {spread(starts)} s. Errors: {errors}."],
    )
    figures = {
        "fresh_mib": max(looks[0][1:]),
        "half_mib": max(looks[half][1:]),
        "used_mib": max(looks[-1][1:]),
        "start_seconds": spread(starts).median,
    }
    return Finding([table], {"memory": figures}, {"pss_mib": looks, "requests": counts, "start_seconds": starts})


def _load(scene: Scene, plan: Plan) -> Iterator[Measurement]:
    """Pages and lists, then events, each time by people who have just signed in, until there were enough requests."""
    (events,) = [route for route in ROUTES if route.is_once]
    done = 0
    while done < plan.requests:
        calls = _mixed(scene)
        for measured in (
            measure(scene.portal, calls, seconds=plan.seconds, is_warm=True),
            measure_route(scene, events, EVENTS_SECONDS),
        ):
            done += measured.requests
            yield measured


def _mixed(scene: Scene) -> list[Call]:
    """As many of each kind."""
    mixed: list[Call] = []
    for route in ROUTES:
        if not route.is_once:
            mixed += _repeated(route.calls(scene, OF_EACH_KIND), OF_EACH_KIND)
    return mixed


def _repeated(calls: Sequence[Call], count: int) -> list[Call]:
    return [calls[number % len(calls)] for number in range(count)]


def _look(scene: Scene) -> list[float]:
    """Of gunicorn's first process, and of each worker."""
    first = psutil.Process(scene.portal.workers[0].ppid())
    return [own_memory_mib(process) for process in (first, *scene.portal.workers)]
