"""Telling the worker that there is something to do now, so that nobody waits for its next minute."""

import enum
from typing import TYPE_CHECKING, cast

import structlog
from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable


class WorkName(enum.StrEnum):
    """The pieces of the worker's periodic work, by the names that their rows and tasks carry."""

    ASK_MUX = "ask-mux"
    PAY_DISCARDS = "pay-discards"
    REMIND = "remind"
    REMOVE_DELETED = "remove-deleted"
    FORGET = "forget"


log = structlog.get_logger()


def nudge(name: WorkName) -> None:
    """Have a piece of work done at once; without a queue it is done within the minute, so a failure is only logged."""
    try:
        cast("Callable[[WorkName], None]", current_app.extensions["nudge"])(name)
    except Exception as error:  # noqa: BLE001 - each kind of queue fails in its own ways
        log.warning("nudge.failed", work=name, reason=f"{type(error).__name__}: {error}")
