"""What a worker takes of memory before and after many requests of all kinds, and how long a start takes."""

from collections.abc import Sequence

from bench.calls import Call
from bench.cost import own_memory_mib
from bench.figures import short, spread
from bench.measuring import measure
from bench.routes import ROUTES
from bench.scene import Scene, Stage
from bench.tables import Finding, Table

OF_EACH_KIND = 2_000  # different calls
TIMES_AS_LONG = 4  # as other benchmarks, for each half


def measure_memory(stage: Stage) -> Finding:
    """Three looks at the workers: fresh, and after each half of the requests. Starts: one a round."""
    starts: list[float] = []
    for _ in range(stage.plan.rounds - 1):
        with stage.scene(stage.plan.rows) as scene:
            starts.append(scene.portal.start_seconds)
    with stage.scene(stage.plan.rows) as scene:
        starts.append(scene.portal.start_seconds)
        looks, counts, errors = [_look(scene)], [0], 0  # before anybody signs in: hashing a password takes 19 MiB
        calls = _mixed(scene)
        for _ in range(2):
            half = measure(scene.portal, calls, seconds=stage.plan.seconds * TIMES_AS_LONG, is_warm=True)
            looks.append(_look(scene))
            counts.append(counts[-1] + half.requests)
            errors += half.errors
    names = [f"worker {number + 1}" for number in range(len(looks[0]))]
    rows = [
        *((name, *(short(look[place]) for look in looks)) for place, name in enumerate(names)),
        ("together", *(short(sum(look)) for look in looks)),
    ]
    table = Table(
        title=f"Memory (PSS, MiB), list, detail, catalogue, watch and studio mixed ({stage.plan.database})",
        columns=("", "just started", *(f"after {count:,} requests" for count in counts[1:])),
        rows=rows,
        notes=[f"Process start to first answer: {spread(starts)} s. Errors: {errors}."],
    )
    figures = {"fresh_mib": sum(looks[0]), "used_mib": sum(looks[-1]), "start_seconds": spread(starts).median}
    return Finding([table], {"memory": figures}, {"pss_mib": looks, "requests": counts, "start_seconds": starts})


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
    return [own_memory_mib(worker) for worker in scene.portal.workers]
