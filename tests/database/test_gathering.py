"""Threads that bring their work at the same time: it is done together, in order, and each gets its own result."""

import threading
from collections.abc import Callable, Sequence

import pytest

from portal.database.gathering import Gathering
from tests.browser.stack import eventually

PATIENCE_SECONDS = 30


class Workshop:
    """Doubles numbers, as many at once as wait, and notes who was done with whom. It can be held closed."""

    def __init__(self, *, most: int = 64, patience_seconds: float = 0) -> None:
        self.batches: list[list[int]] = []
        self.refuses: Callable[[Sequence[int]], bool] = lambda _: False
        self.is_open, self.is_busy = threading.Event(), threading.Event()
        self.is_open.set()
        self.gathering = Gathering(self._work, most=most, patience_seconds=patience_seconds)
        self.answers: dict[int, int | str] = {}

    def _work(self, numbers: Sequence[int]) -> list[int]:
        self.is_busy.set()
        assert self.is_open.wait(PATIENCE_SECONDS)
        self.batches.append(list(numbers))
        if self.refuses(numbers):
            raise ValueError(f"not {list(numbers)}")
        return [2 * number for number in numbers]

    def bring(self, number: int) -> None:
        try:
            self.answers[number] = self.gathering.bring(number)
        except ValueError as error:
            self.answers[number] = str(error)

    def bring_while_closed(self, first: int, *others: int, then: int | None = None) -> None:
        """The first begins alone; the others come one after the other while it is at work, one after it is done."""
        self.is_open.clear()
        threads = [self._send(first)]
        assert self.is_busy.wait(PATIENCE_SECONDS)
        for place, number in enumerate(others, start=1):
            threads.append(self._send(number))
            eventually(lambda place=place: len(self.gathering._line) == place)  # type: ignore[misc]
        self.is_open.set()
        if then is not None:
            eventually(lambda: self.batches[-1:] == [[first]])
            threads.append(self._send(then))
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()

    def _send(self, number: int) -> threading.Thread:
        thread = threading.Thread(target=self.bring, args=(number,))
        thread.start()
        return thread


def test_a_single_thread_waits_for_nobody() -> None:
    workshop = Workshop(patience_seconds=PATIENCE_SECONDS)

    workshop.bring(1)
    workshop.bring(2)

    assert workshop.batches == [[1], [2]]
    assert workshop.answers == {1: 2, 2: 4}


def test_who_comes_while_somebody_is_at_work_is_done_together_in_the_order_of_coming() -> None:
    workshop = Workshop()

    workshop.bring_while_closed(1, 4, 3, 2)

    assert workshop.batches == [[1], [4, 3, 2]]
    assert workshop.answers == {1: 2, 4: 8, 3: 6, 2: 4}


def test_no_more_are_taken_together_than_allowed_and_the_rest_is_next() -> None:
    workshop = Workshop(most=2)

    workshop.bring_while_closed(1, 2, 3, 4, 5, 6)

    assert workshop.batches == [[1], [2, 3], [4, 5], [6]]
    assert workshop.answers == {number: 2 * number for number in range(1, 7)}


def test_a_crowd_waits_for_those_who_were_just_answered() -> None:
    workshop = Workshop(patience_seconds=PATIENCE_SECONDS)

    workshop.bring_while_closed(1, 2, 3, 4, then=5)

    assert workshop.batches == [[1], [2, 3, 4, 5]]


def test_fewer_than_a_crowd_wait_for_nobody() -> None:
    workshop = Workshop(patience_seconds=PATIENCE_SECONDS)

    workshop.bring_while_closed(1, 2, 3)
    workshop.bring(4)

    assert workshop.batches == [[1], [2, 3], [4]]


def test_a_crowd_that_gets_smaller_is_waited_for_no_longer_than_its_patience() -> None:
    workshop = Workshop()

    workshop.bring_while_closed(1, 2, 3, 4)
    workshop.bring(5)
    workshop.bring(6)

    assert workshop.batches == [[1], [2, 3, 4], [5], [6]]


def test_where_it_fails_together_each_is_done_alone_and_only_the_bad_one_fails() -> None:
    workshop = Workshop()
    workshop.refuses = lambda numbers: 3 in numbers

    workshop.bring_while_closed(1, 2, 3, 4)

    assert workshop.answers == {1: 2, 2: 4, 3: "not [3]", 4: 8}
    assert workshop.batches[:2] == [[1], [2, 3, 4]]
    assert sorted(workshop.batches[2:]) == [[2], [3], [4]]


def test_a_thread_that_dies_at_work_holds_nobody_up() -> None:
    class Dead(BaseException):
        pass

    workshop, dies = Workshop(), [True]

    def die_once(_: Sequence[int]) -> bool:
        if dies.pop() if dies else False:
            raise Dead
        return False

    workshop.refuses = die_once
    with pytest.raises(Dead):
        workshop.bring(1)
    workshop.bring(2)

    assert workshop.answers == {2: 4}
