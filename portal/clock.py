"""The time, from a clock that is handed in: the application's own, or one that a test holds still."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from flask import current_app

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, aware, in UTC."""
    return datetime.now(UTC)


def utc_now() -> datetime:
    """What the application's clock says, aware, in UTC."""
    return cast("Clock", current_app.extensions["clock"])()


def iso_utc(at: datetime | None) -> str | None:
    """As programs are told a time: ISO 8601 in UTC, to the millisecond, with Z."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds_since(started: float) -> float:
    """How long something took that began at `started`, as time.perf_counter() tells it; for the log."""
    return round((time.perf_counter() - started) * 1000, 1)
