"""One measurement: load on one server, and what it cost in CPU time."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import psutil
import urllib3

from bench.calls import Call
from bench.cost import cpu_seconds, family, wait_until_idle
from bench.serving import Server
from bench.wrk import press

CONNECTIONS = 16
WARM_UP_SECONDS = 1
ENOUGH = 6  # answers: with fewer, the ones under way at the end would count for too much
LONGEST_SECONDS = 60
MILLISECONDS = 1000


class WrongAnswerError(Exception):
    """The route does not answer as it should: figures would mean nothing."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A few seconds of load. CPU in milliseconds a request: of gunicorn's workers, and of the database server."""

    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    errors: int
    cpu_ms: float
    database_cpu_ms: float


def measure(
    server: Server,
    calls: Sequence[Call],
    *,
    seconds: int,
    database: psutil.Process | None = None,
    is_once: bool = False,
    is_warm: bool = False,
    connections: int = CONNECTIONS,
) -> Measurement:
    """Press for so many seconds, longer where few answers come; unless each call is sent once, warm up before."""
    requests = [call.to_bytes(server.url) for call in calls]
    wait_until_idle([*server.workers, *family(database)])
    if not is_once and not is_warm:
        press(server.url, requests, seconds=WARM_UP_SECONDS, connections=connections)
        wait_until_idle([*server.workers, *family(database)])
    before, before_database = cpu_seconds(server.workers), cpu_seconds(family(database))
    answers = press(server.url, requests, seconds=seconds, connections=connections, is_in_order=is_once)
    used, used_database = cpu_seconds(server.workers) - before, cpu_seconds(family(database)) - before_database
    if answers.requests < ENOUGH and not is_once and seconds < LONGEST_SECONDS:
        longer = min(seconds * 4, LONGEST_SECONDS)
        return measure(server, calls, seconds=longer, database=database, is_warm=True, connections=connections)
    answered = max(1, answers.requests)
    return Measurement(
        requests=answers.requests,
        requests_per_second=answers.requests / answers.seconds,
        p50_ms=answers.p50_ms,
        p99_ms=answers.p99_ms,
        slowest_ms=answers.slowest_ms,
        errors=answers.errors,
        cpu_ms=used / answered * MILLISECONDS,
        database_cpu_ms=used_database / answered * MILLISECONDS,
    )


def check(server: Server, call: Call, says: bytes) -> None:
    """Send a call once; WrongAnswerError unless the answer is 200 and holds those words."""
    answer = urllib3.request(
        call.method, f"{server.url}{call.path}", headers=call.headers, body=call.body or None, redirect=False, retries=0
    )
    if answer.status != HTTPStatus.OK or says not in answer.data:
        raise WrongAnswerError(f"{call.method} {call.path}: {answer.status} {answer.data[:300]!r}")
