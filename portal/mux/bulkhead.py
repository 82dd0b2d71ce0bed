"""A bulkhead: however slow Mux is, some threads of the process are left for everything else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from portal.mux.errors import MuxNotAskedError

RETRY_AFTER_SECONDS = 5


class Bulkhead:
    """So many calls may wait for Mux at the same time; what comes on top is refused at once."""

    def __init__(self, places: int) -> None:
        self._places = threading.Semaphore(places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places. Raises MuxNotAskedError where none is free."""
        if not self._places.acquire(blocking=False):
            raise MuxNotAskedError(
                "Mux is slow, and too many calls wait for it already", retry_after_seconds=RETRY_AFTER_SECONDS
            )
        try:
            yield
        finally:
            self._places.release()
