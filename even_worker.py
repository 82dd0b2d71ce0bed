"""A worker of gunicorn's that leaves a new connection to whichever holds fewer.

A connection stays with the worker that takes it, which is the one that wakes first: of sixteen that came together, one
of two workers was seen to hold all, beside an idle core.
"""

import mmap
import time
from socket import socket
from typing import ClassVar

from gunicorn.workers.gthread import ThreadWorker

PLACES = 256
GONE = 255
MOST_TOLD = 254

# How many connections each worker holds, at a place of its own. Shared by all processes that are forked from this one.
_told = mmap.mmap(-1, PLACES)
_told[:] = bytes([GONE]) * PLACES


class EvenWorker(ThreadWorker):
    """`accept` and `notify` are gunicorn's own: for a connection that waits, and in each turn of its loop."""

    patience_seconds: ClassVar[float] = 0.002  # what the others have to be quicker in

    def accept(self, listener: socket) -> None:
        """Take a connection, after the others had time to if one of them holds fewer."""
        if self.is_fuller_than_another():
            time.sleep(self.patience_seconds)
        super().accept(listener)

    def notify(self) -> None:
        """Tell that it lives, and how many connections it holds as long as it takes any."""
        super().notify()
        self._tell(min(self.nr_conns, MOST_TOLD) if self.alive else GONE)

    def is_fuller_than_another(self) -> bool:
        """Whether another worker that takes connections holds fewer."""
        return min(self.nr_conns, MOST_TOLD) > min(_told[:])

    def has_exited(self) -> None:
        """Have it forgotten by those that live on, whatever it ended of."""
        self._tell(GONE)

    def _tell(self, number: int) -> None:
        _told[self.age % PLACES] = number  # gunicorn numbers its workers as it starts them
