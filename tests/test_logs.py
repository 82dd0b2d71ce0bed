"""Each event is a line, ours and those of the libraries alike; a line that nobody takes harms nobody."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import structlog

from portal.config import Settings
from portal.logs import configure_logs

log = structlog.get_logger()
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def output(settings: Settings) -> Iterator[io.StringIO]:
    output = io.StringIO()
    configure_logs(replace(settings, log_format="json"), output)
    yield output
    configure_logs(settings)


def test_an_event_is_a_line_of_json(output: io.StringIO) -> None:
    log.info("webhook.received", id="event-1", reason=None, milliseconds=1.5, of="Zoë\nand Ümit")

    (line,) = lines(output)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "webhook.received",
        "level": "info",
        "id": "event-1",
        "reason": None,
        "milliseconds": 1.5,
        "of": "Zoë\nand Ümit",
    }


def test_a_line_of_a_library_looks_alike(output: io.StringIO) -> None:
    logging.getLogger("some.package").warning("%s is slow", "something")

    (line,) = lines(output)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "something is slow", "level": "warning"}


def test_what_was_raised_stands_in_the_line_wherever_it_comes_from(output: io.StringIO) -> None:
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        log.exception("work.failed")
        log.error("webhook.failed", exc_info=error)  # noqa: TRY400 - as where it was not raised just now
        logging.getLogger("some.package").exception("broken")

    levels_and_ends = [(line["level"], line["exception"].splitlines()[-1]) for line in lines(output)]
    assert levels_and_ends == [("error", "ZeroDivisionError: division by zero")] * 3


def test_what_is_below_info_is_left_out(output: io.StringIO) -> None:
    log.debug("detail")
    logging.getLogger("some.package").debug("detail")

    assert output.getvalue() == ""


def test_what_is_bound_to_the_request_stands_in_both(output: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request="r-1"):
        log.info("ours")
        logging.getLogger("some.package").info("theirs")

    assert [line["request"] for line in lines(output)] == ["r-1", "r-1"]


def test_for_a_person_it_is_a_line_of_words(settings: Settings, output: io.StringIO) -> None:
    configure_logs(replace(settings, log_format="console"), output)

    log.info("webhook.received", id="event-1")

    (line,) = output.getvalue().splitlines()
    assert "webhook.received" in line
    assert "id=event-1" in line


@pytest.mark.parametrize("trouble", [BrokenPipeError(), ValueError("I/O operation on closed file")], ids=repr)
def test_a_line_that_nobody_takes_is_lost_and_nothing_fails_of_it(
    output: io.StringIO, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def refuse(_: str) -> int:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(output, "write", refuse)
        log.info("ours")


def test_no_line_is_written_while_another_is(settings: Settings) -> None:
    """Ours and those of the libraries, whichever threads they come from."""
    output = Narrow()
    configure_logs(replace(settings, log_format="json"), output)
    writers = [log.info, log.info, logging.getLogger("some.package").info]
    try:
        with ThreadPoolExecutor(len(writers)) as threads:
            list(threads.map(lambda write: write("line"), writers))
    finally:
        configure_logs(settings)

    assert not output.met
    assert len(lines(output)) == len(writers)


class Narrow(io.StringIO):
    """An output that notices when two threads are in it at the same time: each gives the next one time to come."""

    def __init__(self) -> None:
        super().__init__()
        self.met = False
        self._two = threading.Barrier(2)

    def write(self, text: str) -> int:
        with suppress(threading.BrokenBarrierError):
            self._two.wait(0.1)
            self.met = True
        self._two.reset()
        return super().write(text)


def lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]
