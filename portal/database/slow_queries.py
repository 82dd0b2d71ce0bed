"""Queries that take long get a line in the log: the statement, its time and the route, and no values.

On SQLite it is the time to the first row, since the driver works out the others as they are fetched.
"""

import time
from collections.abc import Callable
from typing import Any

import structlog
from flask import has_request_context, request
from sqlalchemy import Engine, event

from portal.database.bare_select import watch_bare_selects
from portal.direct_route import direct_route

STATEMENT_MAX_CHARACTERS = 2000
MILLISECONDS = 1000

log = structlog.get_logger()


def log_slow_queries(engine: Engine, slow_ms: int, now: Callable[[], float] = time.perf_counter) -> None:
    """Watch an engine's queries from now on; 0 watches none. `now` tells seconds, from wherever they are counted.

    Done around the driver's call rather than by the events before and after it, for which SQLAlchemy does more work.
    """
    if not slow_ms:
        return
    slow_seconds = slow_ms / MILLISECONDS

    def watched(name: str) -> Callable[..., bool]:
        send = getattr(engine.dialect, name)

        def send_and_watch(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
            began = now()
            try:
                send(cursor, statement, parameters, context)
            finally:
                seconds = now() - began
                if seconds >= slow_seconds:
                    _tell(statement, seconds)
            return True  # it is done: nothing else sends it

        return send_and_watch

    event.listen(engine, "do_execute", watched("do_execute"))
    event.listen(engine, "do_executemany", watched("do_executemany"))


def log_slow_bare_selects(slow_ms: int) -> None:
    """Watch what goes to the driver past SQLAlchemy, in all of the process; 0 watches nothing."""
    if not slow_ms:
        return

    def watcher(statement: str, seconds: float) -> None:
        if seconds * MILLISECONDS >= slow_ms:
            _tell(statement, seconds)

    watch_bare_selects(watcher)


def _tell(statement: str, seconds: float) -> None:
    """Values stand apart from the statement and are left out: they may be personal."""
    in_one_line = " ".join(statement.split())
    log.warning(
        "query.slow",
        milliseconds=round(seconds * MILLISECONDS),
        statement=in_one_line[:STATEMENT_MAX_CHARACTERS],
        route=_route(),
    )


def _route() -> str | None:
    """The rule that leads to the view, without what stands in its place-holders; None outside of requests."""
    if not has_request_context():
        return direct_route()
    return f"{request.method} {request.url_rule.rule if request.url_rule else '(unknown)'}"
