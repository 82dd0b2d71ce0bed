"""A circuit breaker: while Mux stays away, calls fail at once instead of waiting for it one after the other.

Closed, it lets every call through. After several failures in a row it opens: calls are refused until a pause is over,
then one goes through as a trial. Any answer of Mux's closes it again, a refusal as well as a success.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from portal.mux.errors import MuxError, MuxNotAskedError, Trouble

FAILURES = 5  # in a row, within
WINDOW_SECONDS = 60
PAUSE_SECONDS = 10
MUX_WAS_SILENT = frozenset({Trouble.OUT_OF_REACH, Trouble.FAILED})

log = structlog.get_logger()


class Breaker:
    """One for all threads of a process. `now` tells seconds, from wherever they are counted."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()  # never held during a call
        self._failed_at: list[float] = []  # since the last answer
        self._answered_at = -math.inf
        self._opened_at: float | None = None
        self._trial_from = 0.0
        self._is_being_tried = False

    @property
    def is_open(self) -> bool:
        return self._opened_at is not None

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Around a call: raises MuxNotAskedError in place of it while open, and learns from how it ends."""
        started_at, is_trial = self._let_through()
        try:
            yield
        except MuxError as error:
            if error.trouble in MUX_WAS_SILENT:
                self._failed(started_at, is_trial=is_trial)
            else:
                self.answered()
            raise
        else:
            self.answered()
        finally:
            if is_trial:
                self._is_being_tried = False

    def answered(self) -> None:
        """Mux has answered somebody, so it is there for all."""
        with self._lock:
            self._failed_at.clear()
            self._answered_at = self._now()
            opened_at, self._opened_at = self._opened_at, None
        if opened_at is not None:
            log.info("mux.calls_resumed", after_seconds=round(self._answered_at - opened_at))

    def _let_through(self) -> tuple[float, bool]:
        """When the call starts, and whether it is a trial."""
        with self._lock:
            at = self._now()
            if self._opened_at is None:
                return at, False
            if self._is_being_tried or at < self._trial_from:
                wait_seconds = max(1, math.ceil(self._trial_from - at))
                raise MuxNotAskedError(
                    "Mux has not answered for a while, so it was not asked", retry_after_seconds=wait_seconds
                )
            self._is_being_tried = True
            return at, True

    def _failed(self, started_at: float, *, is_trial: bool) -> None:
        with self._lock:
            at = self._now()
            if is_trial:
                self._trial_from = at + PAUSE_SECONDS
                return
            # What started before the last answer, or ends after the opening, tells nothing new.
            if self._opened_at is not None or started_at < self._answered_at:
                return
            self._failed_at = [earlier for earlier in self._failed_at if at - earlier < WINDOW_SECONDS] + [at]
            if len(self._failed_at) < FAILURES:
                return
            self._opened_at, self._trial_from = at, at + PAUSE_SECONDS
        log.warning("mux.calls_stopped", failures=FAILURES, next_try_in_seconds=PAUSE_SECONDS)
