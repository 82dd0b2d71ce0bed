"""Logs: one line an event, as JSON for machines or in colour for a person at a terminal."""

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog

from portal.config import Settings


def configure_logs(settings: Settings, output: TextIO | None = None) -> None:
    """Send our events and those of the libraries to standard output, or another, each as a line of the same kind.

    Ours go there straight: through the standard library's logging each would take four times as long.
    """
    output = output or sys.stdout
    begun: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ended: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=output.isatty())]
    )
    handler = logging.StreamHandler(output)
    structlog.configure(
        processors=[*begun, *ended],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_Output(output, handler),
        cache_logger_on_first_use=False,
    )
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=begun, processors=[without_meta, *ended])
    )
    handler.set_name("portal")
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if other.get_name() != "portal"] + [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # /readyz asks it on every call


class _Output:
    """Where lines go. One that nobody takes any more is lost, as with the standard library's: nothing fails of it."""

    def __init__(self, file: TextIO, handler: logging.Handler) -> None:
        """`handler` writes to the same file: one of them waits for the other."""
        self._file, self._handler = file, handler

    def __call__(self, *_names: object) -> "_Output":
        """For loggers of whatever names there is this one."""
        return self

    def msg(self, line: str) -> None:
        self._handler.acquire()
        try:
            with suppress(OSError, ValueError):  # a broken pipe, a closed file, a character no terminal knows
                self._file.write(f"{line}\n")
                self._file.flush()
        finally:
            self._handler.release()

    debug = info = warning = error = exception = critical = msg
