"""A burst of webhooks over many connections: none may be lost, and each changes its programme once."""

import http.client
import queue
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from sqlalchemy import func, select

from bench.calls import Call
from bench.figures import spread
from bench.mux_events import add_awaiting, ready_events
from bench.scene import Scene, Stage
from bench.tables import Finding, Table
from portal.models import History, Outcome, Programme, Status, WebhookEvent

CONNECTIONS = 64
SENT_TWICE_EVERY = 10  # each tenth event is delivered twice, as Mux does now and then
PATIENCE_SECONDS = 120


@dataclass
class Deliveries:
    """How long each answer took, and how many were not 200."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Burst:
    """One round: what was sent, and what the database holds of it afterwards."""

    deliveries: int
    per_second: float
    median_ms: float
    slowest_ms: float
    refused: int  # deliveries that were not answered 200
    lost: int  # events that did not bring their programme to `ready`, once
    twice: int  # events that changed their programme more than once


def measure_burst(stage: Stage) -> Finding:
    """`events` events at once, `rounds` times."""
    with stage.scene(stage.plan.rows) as scene:
        bursts = [_burst(scene, stage.plan.events) for _ in range(stage.plan.rounds)]
    row = (
        f"{stage.plan.events:,} events, each tenth twice",
        str(spread([burst.per_second for burst in bursts])),
        str(spread([burst.median_ms for burst in bursts])),
        str(spread([burst.slowest_ms for burst in bursts])),
        *(str(sum(getattr(burst, name) for burst in bursts)) for name in ("refused", "lost", "twice")),
    )
    table = Table(
        title=f"Burst over {CONNECTIONS} connections on {stage.plan.database}",
        columns=("", "deliveries/s", "median ms", "slowest ms", "refused", "lost", "applied twice"),
        rows=[row],
        notes=["The sender is Python and shares the machine: the rate is lower than wrk's."],
    )
    slowest = spread([burst.slowest_ms for burst in bursts]).median
    return Finding([table], {"burst": {"slowest_ms": slowest}}, [asdict(burst) for burst in bursts])


def _burst(scene: Scene, events: int) -> Burst:
    products = add_awaiting(scene.database, events)
    calls = ready_events(products, scene.environment["MUX_WEBHOOK_SECRET"])
    calls += calls[::SENT_TWICE_EVERY]
    started = time.perf_counter()
    deliveries = _deliver(scene.portal.url, calls)
    seconds = time.perf_counter() - started
    lost, twice = _compare(scene, products)
    return Burst(
        deliveries=len(calls),
        per_second=len(calls) / seconds,
        median_ms=spread(deliveries.seconds).median * 1000,
        slowest_ms=max(deliveries.seconds) * 1000,
        refused=len(calls) - deliveries.statuses[HTTPStatus.OK],
        lost=lost,
        twice=twice,
    )


def _deliver(url: str, calls: Sequence[Call]) -> Deliveries:
    waiting: queue.SimpleQueue[Call] = queue.SimpleQueue()
    for call in calls:
        waiting.put(call)
    deliveries = Deliveries()
    threads = [threading.Thread(target=_send_all, args=(url, waiting, deliveries)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return deliveries


def _send_all(url: str, waiting: "queue.SimpleQueue[Call]", deliveries: Deliveries) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)
    while True:
        try:
            call = waiting.get_nowait()
        except queue.Empty:
            break
        started = time.perf_counter()
        try:
            connection.request(call.method, call.path, call.body, dict(call.headers))
            answer = connection.getresponse()
            answer.read()
            deliveries.statuses[answer.status] += 1
        except (OSError, http.client.HTTPException):
            deliveries.statuses[0] += 1
            connection.close()
        deliveries.seconds.append(time.perf_counter() - started)
    connection.close()


def _compare(scene: Scene, products: Sequence[uuid.UUID]) -> tuple[int, int]:
    """How many programmes are not ready with one applied event, and how many became ready more than once."""
    became_ready = (
        select(History.product_id, func.count().label("times"))
        .where(History.to_status == Status.READY, History.mux_event_id.is_not(None))
        .group_by(History.product_id)
    )
    applied = (
        select(WebhookEvent.product_id)
        .join(Programme, Programme.product_id == WebhookEvent.product_id)
        .where(WebhookEvent.outcome == Outcome.APPLIED, WebhookEvent.tries == 1, Programme.status == Status.READY)
    )
    with scene.database.engine.connect() as connection:
        times = {row.product_id: row.times for row in connection.execute(became_ready)}
        good = set(connection.scalars(applied))
    sent = set(products)
    return len(sent - good), sum(times.get(product_id, 0) > 1 for product_id in sent)
