"""Work that many threads bring at the same time, done together by one of them."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

CROWD = 4  # come at the same time; fewer are not waited for

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

    A few threads never wait for company, and nobody is overtaken. In a crowd those who were just answered mostly
    come again: the next batch waits for as many as there were, and no longer than its patience. Otherwise two halves of
    a crowd would take turns, each paying for a whole batch. Where it fails together, each thread does its own item once
    more alone, so nobody suffers from another's item.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        most: int,
        patience_seconds: float,
    ) -> None:
        """`work` gives a result for each item, in the same order; `most` is how many it is given at the most."""
        self._work = work
        self._most = most
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._all_are_there = threading.Condition(self._lock)
        self._line: deque[_Place[Item, Result]] = deque()
        self._is_at_work = False
        self._expected = 1  # how many come at the same time, as far as the last batch tells

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
            if len(self._line) == self._expected:
                self._all_are_there.notify()
            begins = not self._is_at_work
            self._is_at_work = True
            return begins

    def _work_off(self) -> None:
        """Work for the first in the line, among whom is the thread itself, and call whoever is first after them."""
        with self._lock:
            self._all_are_there.wait_for(lambda: len(self._line) >= self._expected, self._patience_seconds)
            batch = [self._line.popleft() for _ in range(min(self._most, len(self._line)))]
        try:
            with suppress(Exception):  # each of them gets to see its own when it works alone
                results = self._work([place.item for place in batch])
                for place, result in zip(batch, results, strict=True):
                    place.results = (result,)
        finally:
            self._call_next(len(batch))
            for place in batch:
                place.is_done = True
                place.called.release()

    def _call_next(self, were_done: int) -> None:
        with self._lock:
            came = were_done + len(self._line)
            self._expected = min(self._most, came) if came >= CROWD else 1
            if self._line:
                self._line[0].called.release()
            else:
                self._is_at_work = False
