"""While Mux is slow: what the list keeps of its throughput beside sixteen calls that wait for Mux."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http import HTTPStatus

import urllib3

from bench.calls import Call
from bench.figures import ratios, spread
from bench.measuring import Measurement, measure
from bench.people import COACH, MEMBER
from bench.scene import Scene, Stage
from bench.sign_in import bearer
from bench.slow_mux import SlowMux
from bench.tables import Finding, Table

WAITING = 16  # calls
DELAY_SECONDS = 9.5  # the portal gives Mux ten
UNTIL_ALL_WAIT_SECONDS = 5


def measure_neighbours(stage: Stage) -> Finding:
    """The list alone, then beside the waiting calls, `rounds` times."""
    alone: list[Measurement] = []
    beside: list[Measurement] = []
    refused = 0
    with stage.scene(stage.plan.rows) as scene:
        for _ in range(stage.plan.rounds):
            calls = [Call(path="/programme?limit=20", headers=bearer(scene.portal.url, MEMBER))]
            alone.append(measure(scene.portal, calls, seconds=stage.plan.seconds))
            with _waiting_calls(scene, stage.mux) as statuses:
                beside.append(measure(scene.portal, calls, seconds=stage.plan.seconds, is_warm=True))
            refused += sum(status != HTTPStatus.CREATED for status in statuses)
    kept = spread(ratios([m.requests_per_second for m in beside], [m.requests_per_second for m in alone]))
    rows = [
        (
            name,
            str(spread([m.requests_per_second for m in rounds])),
            str(spread([m.p50_ms for m in rounds])),
            str(spread([m.p99_ms for m in rounds])),
            str(spread([m.slowest_ms for m in rounds])),
            str(sum(m.errors for m in rounds)),
        )
        for name, rounds in (("list alone", alone), (f"beside {WAITING} calls that wait for Mux", beside))
    ]
    table = Table(
        title=f"Neighbours: Mux takes {DELAY_SECONDS:g} s for each create-upload-url ({stage.plan.database})",
        columns=("", "requests/s", "p50 ms", "p99 ms", "slowest ms", "errors"),
        rows=rows,
        notes=[
            f"The list keeps {kept} of its throughput.",
            f"Calls that waited for Mux at the same time: {stage.mux.most_waiting}; not answered 201: {refused}.",
        ],
    )
    raw = {"alone": [asdict(m) for m in alone], "beside": [asdict(m) for m in beside]}
    return Finding([table], {"neighbours": {"kept": kept.median}}, raw)


@contextmanager
def _waiting_calls(scene: Scene, mux: SlowMux) -> Iterator[list[int]]:
    """While this is open, sixteen calls wait for Mux; each that ends is followed by another. Their statuses."""
    statuses: list[int] = []
    enough = threading.Event()
    headers = bearer(scene.portal.url, COACH)

    def keep_calling() -> None:
        http = urllib3.PoolManager(retries=False, timeout=60)
        while not enough.is_set():
            answer = http.request(
                "POST",
                f"{scene.portal.url}/programme/create-upload-url",
                json={"title": "A slow day at Mux"},
                headers=headers,
            )
            statuses.append(answer.status)

    mux.delay_seconds = DELAY_SECONDS
    callers = [threading.Thread(target=keep_calling) for _ in range(WAITING)]
    for caller in callers:
        caller.start()
    try:
        _wait_until_all_wait(mux)
        yield statuses
    finally:
        enough.set()
        for caller in callers:
            caller.join()
        mux.delay_seconds = 0.0


def _wait_until_all_wait(mux: SlowMux) -> None:
    """Give up quietly after a while: how many waited is told beside the figures."""
    deadline = time.monotonic() + UNTIL_ALL_WAIT_SECONDS
    while mux.waiting < WAITING and time.monotonic() < deadline:
        time.sleep(0.01)
