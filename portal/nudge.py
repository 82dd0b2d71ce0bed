"""Telling the worker that there is something to do now, so that nobody waits for its next minute."""

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import structlog
from flask import current_app

if TYPE_CHECKING:
    from huey import Huey  # takes long to load, and serving does without: portal.on_demand


class WorkName(enum.StrEnum):
    """The pieces of the worker's periodic work, by the names that their rows and tasks carry."""

    ASK_MUX = "ask-mux"
    PAY_DISCARDS = "pay-discards"
    REMIND = "remind"
    REMOVE_DELETED = "remove-deleted"
    FORGET = "forget"
    COMPOSE_MAILS = "compose-mails"
    SEND_MAILS = "send-mails"
    DIGEST = "digest"
    FIND_ORPHANS = "find-orphans"


log = structlog.get_logger()


def make_nudge(queue: "Callable[[], Huey]") -> Callable[[WorkName], None]:
    """What puts a piece of work into the queue; the queue is opened with the first of them."""
    return lambda name: queue().do(name.value, is_due_now=True)


def make_queue_length(queue: "Callable[[], Huey]") -> Callable[[], int]:
    """What tells how many tasks wait for a worker."""
    return lambda: int(queue().pending_count())


def nudge(name: WorkName) -> None:
    """Have a piece of work done at once; without a queue it is done within the minute, so a failure is only logged."""
    try:
        cast("Callable[[WorkName], None]", current_app.extensions["nudge"])(name)
    except Exception as error:  # noqa: BLE001 - each kind of queue fails in its own ways
        log.warning("nudge.failed", work=name, reason=f"{type(error).__name__}: {error}")


def queue_length() -> int | None:
    """How many tasks wait for the worker; None where the queue does not answer."""
    try:
        return cast("Callable[[], int]", current_app.extensions["queue_length"])()
    except Exception as error:  # noqa: BLE001 - each kind of queue fails in its own ways
        log.warning("queue.unanswered", reason=f"{type(error).__name__}: {error}")
        return None
