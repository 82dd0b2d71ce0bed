"""The local Mux: how soon a video is ready, and what watching costs."""

from bench.local_mux.preparing import measure_preparing
from bench.local_mux.running import Backstage
from bench.local_mux.watching import measure_watching
from bench.scene import Stage
from bench.tables import Finding


def measure_local_mux(stage: Stage) -> Finding:
    """Both measurements; no database of the portal takes part."""
    backstage = Backstage(environment=stage.environment, log=stage.log)
    preparing = measure_preparing(backstage, rounds=stage.plan.rounds)
    watching = measure_watching(backstage, rounds=stage.plan.rounds, seconds=stage.plan.seconds)
    return Finding(
        [*preparing.tables, *watching.tables],
        preparing.figures | watching.figures,
        {"preparing": preparing.raw, "watching": watching.raw},
    )
