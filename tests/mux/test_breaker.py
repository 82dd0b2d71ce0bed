"""When calls to Mux are held back, and when they go through again."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from structlog.testing import capture_logs

from portal.mux.breaker import FAILURES, PAUSE_SECONDS, WINDOW_SECONDS, Breaker
from portal.mux.errors import MuxError, MuxNotAskedError, Trouble
from portal.mux.gateway import MuxApi
from tests.mux.conftest import settings_for
from tests.mux.scripted import ScriptedMux

SILENCE = (Trouble.OUT_OF_REACH, Trouble.FAILED)
ANSWERS = (None, *(trouble for trouble in Trouble if trouble not in SILENCE))


class Watch:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Line:
    """A breaker, and the calls that are under way through it."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.breaker = Breaker(self.watch)

    def begin(self) -> ExitStack:
        call = self.ask()
        assert isinstance(call, ExitStack)
        return call

    def ask(self) -> ExitStack | int:
        """A call that has begun, or after how many seconds to come back."""
        call = ExitStack()
        try:
            call.enter_context(self.breaker.calling())
        except MuxNotAskedError as error:
            return error.retry_after_seconds or 0
        return call

    def end(self, call: ExitStack, trouble: Trouble | None) -> None:
        error = MuxError(trouble, "Not now.") if trouble else None
        call.__exit__(type(error) if error else None, error, None)

    def call(self, trouble: Trouble | None) -> None:
        self.end(self.begin(), trouble)

    def refuses(self) -> int | None:
        """After how many seconds to come back; None where a call may begin. That one breaks off on our side."""
        call = self.ask()
        if isinstance(call, int):
            return call
        error = ZeroDivisionError()
        call.__exit__(type(error), error, None)
        return None

    def open(self) -> None:
        for _ in range(FAILURES):
            self.call(Trouble.OUT_OF_REACH)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.mark.parametrize("trouble", SILENCE)
def test_after_some_failures_in_a_row_calls_are_held_back(line: Line, trouble: Trouble) -> None:
    for _ in range(FAILURES):
        assert line.refuses() is None
        line.call(trouble)

    assert line.refuses() == PAUSE_SECONDS


@pytest.mark.parametrize("trouble", ANSWERS)
def test_any_answer_begins_the_count_anew(line: Line, trouble: Trouble | None) -> None:
    for _ in range(FAILURES - 1):
        line.call(Trouble.OUT_OF_REACH)
    line.call(trouble)
    line.call(Trouble.OUT_OF_REACH)

    assert line.refuses() is None


def test_failures_far_apart_are_not_in_a_row(line: Line) -> None:
    for _ in range(FAILURES * 2):
        line.call(Trouble.OUT_OF_REACH)
        line.watch.at += WINDOW_SECONDS / (FAILURES - 1)

    assert line.refuses() is None


def test_a_call_that_began_before_mux_answered_another_tells_nothing(line: Line) -> None:
    slow = [line.begin() for _ in range(FAILURES)]
    line.watch.at += 1
    line.call(None)
    for call in slow:
        line.end(call, Trouble.OUT_OF_REACH)

    assert line.refuses() is None


def test_after_the_pause_one_call_goes_through_and_its_success_lets_all_through(line: Line) -> None:
    line.open()
    line.watch.at += PAUSE_SECONDS - 0.5
    assert line.refuses() == 1
    line.watch.at += 0.5

    trial = line.begin()
    assert line.refuses() == 1
    line.end(trial, None)

    assert line.refuses() is None
    assert not line.breaker.is_open


def test_a_trial_that_fails_is_followed_by_another_pause(line: Line) -> None:
    line.open()
    line.watch.at += PAUSE_SECONDS
    trial = line.begin()
    line.watch.at += 7
    line.end(trial, Trouble.FAILED)

    assert line.refuses() == PAUSE_SECONDS
    line.watch.at += PAUSE_SECONDS
    line.call(None)
    assert not line.breaker.is_open


def test_a_trial_that_breaks_off_on_our_side_leaves_its_place_to_the_next(line: Line) -> None:
    line.open()
    line.watch.at += PAUSE_SECONDS

    assert line.refuses() is None  # which ends in a failure of our own
    assert line.breaker.is_open
    assert line.refuses() is None


def test_calls_that_were_under_way_do_not_make_the_pause_longer(line: Line) -> None:
    late = line.begin()
    line.open()
    line.watch.at += PAUSE_SECONDS
    line.end(late, Trouble.OUT_OF_REACH)

    assert line.refuses() is None


def test_the_log_has_one_line_when_calls_stop_and_one_when_they_go_on(line: Line) -> None:
    with capture_logs() as logs:
        late = [line.begin() for _ in range(FAILURES * 3)]
        for call in late:
            line.end(call, Trouble.OUT_OF_REACH)
        line.watch.at += PAUSE_SECONDS
        line.call(None)
        line.call(None)

    assert [(each["event"], each["log_level"]) for each in logs] == [
        ("mux.calls_stopped", "warning"),
        ("mux.calls_resumed", "info"),
    ]
    assert logs[1]["after_seconds"] == PAUSE_SECONDS


class AnyCourse(RuleBasedStateMachine):
    """Whatever happens in whatever order: what may be said of the breaker at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.under_way: list[tuple[ExitStack, bool]] = []  # and whether it is a trial

    @property
    def trials(self) -> int:
        return sum(is_trial for _, is_trial in self.under_way)

    @rule(seconds=st.sampled_from([0.5, 3, PAUSE_SECONDS, WINDOW_SECONDS]))
    def time_passes(self, seconds: float) -> None:
        self.line.watch.at += seconds

    @rule()
    def somebody_calls(self) -> None:
        was_open = self.line.breaker.is_open
        call = self.line.ask()
        if isinstance(call, int):
            assert was_open
            assert 1 <= call <= PAUSE_SECONDS
        else:
            self.under_way.append((call, was_open))

    @precondition(lambda self: self.under_way)
    @rule(place=st.integers(0, 99), trouble=st.sampled_from(ANSWERS))
    def a_call_is_answered(self, place: int, trouble: Trouble | None) -> None:
        call, _ = self.under_way.pop(place % len(self.under_way))
        self.line.end(call, trouble)
        assert not self.line.breaker.is_open

    @precondition(lambda self: self.under_way)
    @rule(place=st.integers(0, 99), trouble=st.sampled_from(SILENCE))
    def a_call_fails(self, place: int, trouble: Trouble) -> None:
        call, is_trial = self.under_way.pop(place % len(self.under_way))
        was_open = self.line.breaker.is_open
        self.line.end(call, trouble)
        assert self.line.breaker.is_open or not was_open, "a failure closes nothing"
        if is_trial and was_open:
            assert self.line.refuses() == PAUSE_SECONDS

    @precondition(lambda self: not self.under_way)
    @rule()
    def mux_stays_away(self) -> None:
        self.line.watch.at += PAUSE_SECONDS
        for _ in range(FAILURES):
            if self.line.refuses() is None:
                self.line.call(Trouble.OUT_OF_REACH)
        assert self.line.refuses() == PAUSE_SECONDS

    @invariant()
    def at_most_one_trial_is_under_way_while_it_is_open(self) -> None:
        assert not self.line.breaker.is_open or self.trials <= 1


AnyCourse.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyCourse = AnyCourse.TestCase


def test_the_gateway_holds_calls_back_and_a_look_by_hand_opens_the_way_again(mux_server: ScriptedMux) -> None:
    gateway = MuxApi(settings_for(mux_server.url))
    mux_server.script.says(500)
    for _ in range(FAILURES):
        with pytest.raises(MuxError):
            gateway.get_upload("up01")

    with pytest.raises(MuxNotAskedError) as caught:
        gateway.get_upload("up01")
    assert (caught.value.trouble, caught.value.can_retry) == (Trouble.OUT_OF_REACH, True)
    assert len(mux_server.asked) == FAILURES

    mux_server.script.says(200, {"data": []})
    gateway.probe()
    mux_server.script.says(404, {"error": {"messages": ["Gone."]}})
    gateway.delete_asset("as01")


@pytest.fixture
def crowded(mux_server: ScriptedMux) -> Iterator[MuxApi]:
    """A gateway with two places, one of them taken by a call that Mux does not answer."""
    gateway = MuxApi(settings_for(mux_server.url, MUX_CALLS_AT_ONCE="2"))
    with gateway._bulkhead.place():
        yield gateway


def test_so_many_calls_wait_for_mux_and_what_comes_on_top_is_refused(crowded: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(404)
    crowded.delete_asset("as01")
    crowded.delete_asset("as02")  # its place is free again

    with crowded._bulkhead.place(), pytest.raises(MuxNotAskedError) as caught:
        crowded.delete_asset("as03")

    assert caught.value.retry_after_seconds == 5
    assert len(mux_server.asked) == 2
    assert not crowded._breaker.is_open
