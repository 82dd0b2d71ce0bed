"""Work that many threads bring at the same time, done together by one of them."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

CROWD_GATHERS_SECONDS = 0.002

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Place(Generic[Item, Result]):
    """A thread's place in the line, and what came of its item. `called` opens when it may go on."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.is_done = False
        self.results: Sequence[Result] = ()
        self.called = threading.Lock()
        self.called.acquire()


class Gathering(Generic[Item, Result]):
    """Whoever finds nobody at work takes all that wait, does their work in one go, and hands each its result.

    A single thread never waits for company, and nobody is overtaken. After a batch of several the next one begins a
    moment later: those who were just answered come again, and otherwise the first of them would be done alone. Where it
    fails together, each thread does its own item once more alone, so nobody suffers from another's item.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        most: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`work` gives a result for each item, in the same order; `most` is how many it is given at the most."""
        self._pause = pause
        self._work = work
        self._most = most
        self._lock = threading.Lock()
        self._line: deque[_Place[Item, Result]] = deque()
        self._is_at_work = False
        self._is_crowd = False

    def bring(self, item: Item) -> Result:
        """Have the item's work done, by whichever thread it is, and take its result; raises what doing it alone does.

        The caller has nothing locked that the work may wait for.
        """
        place: _Place[Item, Result] = _Place(item)
        if not self._begins(place):
            place.called.acquire()
        if not place.is_done:
            self._work_off()
        return place.results[0] if place.results else self._work([item])[0]

    def _begins(self, place: _Place[Item, Result]) -> bool:
        """Queue up; whether nobody is at work, so that the first in the line has to begin."""
        with self._lock:
            self._line.append(place)
            begins = not self._is_at_work
            self._is_at_work = True
            return begins

    def _work_off(self) -> None:
        """Work for the first in the line, among whom is the thread itself, and call whoever is first after them."""
        if self._is_crowd:
            self._pause(CROWD_GATHERS_SECONDS)
        with self._lock:
            batch = [self._line.popleft() for _ in range(min(self._most, len(self._line)))]
        self._is_crowd = len(batch) > 1
        try:
            with suppress(Exception):  # each of them gets to see its own when it works alone
                results = self._work([place.item for place in batch])
                for place, result in zip(batch, results, strict=True):
                    place.results = (result,)
        finally:
            self._call_next()
            for place in batch:
                place.is_done = True
                place.called.release()

    def _call_next(self) -> None:
        with self._lock:
            if self._line:
                self._line[0].called.release()
            else:
                self._is_at_work = False
