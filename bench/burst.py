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
from bench.words import dice_for
from portal.models import History, Outcome, Programme, Status, WebhookEvent

CONNECTIONS = 64
PATIENCE_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Course:
    """How the events come. `twice` is the share of them that is delivered a second time."""

    name: str
    what: str
    twice: float = 0.0
    is_shuffled: bool = False


COURSES = (
    Course(name="burst", what="{events:,} events"),
    Course(
        name="burst, doubled", what="{events:,} events, {twice:,} of them twice, shuffled", twice=0.5, is_shuffled=True
    ),
)


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
    """`events` events at once, `rounds` times in each of the courses."""
    rows, figures, raw = [], {}, {}
    with stage.scene(stage.plan.rows) as scene:
        for course in COURSES:
            bursts = [_burst(scene, course, stage.plan.events) for _ in range(stage.plan.rounds)]
            slowest = spread([burst.slowest_ms for burst in bursts])
            rows.append(
                (
                    course.what.format(events=stage.plan.events, twice=round(stage.plan.events * course.twice)),
                    str(spread([burst.per_second for burst in bursts])),
                    str(spread([burst.median_ms for burst in bursts])),
                    str(slowest),
                    *(str(sum(getattr(burst, name) for burst in bursts)) for name in ("refused", "lost", "twice")),
                )
            )
            figures[course.name] = {"slowest_ms": slowest.median}
            raw[course.name] = [asdict(burst) for burst in bursts]
    table = Table(
        title=f"Burst over {CONNECTIONS} connections on {stage.plan.database}",
        columns=("", "deliveries/s", "median ms", "slowest ms", "refused", "lost", "applied twice"),
        rows=rows,
        notes=["The sender is Python and shares the machine: the rate is lower than wrk's."],
    )
    return Finding([table], figures, raw)


def _burst(scene: Scene, course: Course, events: int) -> Burst:
    products = add_awaiting(scene.database, events)
    calls = ready_events(products, scene.environment["MUX_WEBHOOK_SECRET"])
    calls += calls[: round(events * course.twice)]
    if course.is_shuffled:
        dice_for(course.name).shuffle(calls)
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
