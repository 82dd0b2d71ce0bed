"""A wire across everything that a process leaves traces by: each COMMIT, each call to Mux, before and after.

It counts what passes, and at a chosen point ends the process that is at work: for good, or as far as one test can
tell.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

from sqlalchemy import Engine

from portal.database import bare_connections

MUX_CALLS = ("create_upload", "get_upload", "get_asset", "cancel_upload", "delete_asset")


class PowerCut(BaseException):
    """The process is dead. No `except Exception` may see it, as none runs in a process that was killed."""


def cut_power() -> NoReturn:
    raise PowerCut


class Tripwire:
    """Points are named by what is about to happen or has just happened, and the how-manieth time: `commit 2`."""

    def __init__(self, die: Callable[[], NoReturn] = cut_power) -> None:
        self._die = die
        self.begin()

    def begin(self, stops_at: str | None = None) -> None:
        """Watch a process from its beginning, and end it at this point."""
        self.stops_at = stops_at
        self.passed: list[str] = []
        self._times: Counter[str] = Counter()
        self._is_dead = False

    def pass_by(self, what: str) -> None:
        if self._is_dead:  # whatever a clause on the way out would still do is not done either
            self._die()
        self._times[what] += 1
        self.passed.append(f"{what} {self._times[what]}")
        if self.passed[-1] == self.stops_at:
            self._is_dead = True
            self._die()


def watch_commits(engine: Engine, wire: Tripwire, put: Callable[[object, str, object], None] = setattr) -> None:
    """Have the wire across each COMMIT, SQLAlchemy's and those past it; `put` is setattr, or one that is undone."""
    put(engine.dialect, "do_commit", _watched(engine.dialect.do_commit, wire))
    put(bare_connections, "commit", _watched(bare_connections.commit, wire))


def _watched(commit: Callable[[Any], None], wire: Tripwire) -> Callable[[Any], None]:
    def watched(connection: Any) -> None:
        wire.pass_by("commit")
        commit(connection)
        wire.pass_by("committed")

    return watched


class WatchedMux:
    """A gateway, or its double, with the wire across every call."""

    def __init__(self, mux: Any, wire: Tripwire) -> None:
        self._mux, self._wire = mux, wire

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._mux, name)
        if name not in MUX_CALLS:
            return call

        def watched(*arguments: Any) -> Any:
            self._wire.pass_by(f"asking Mux to {name}")
            answer = call(*arguments)
            self._wire.pass_by(f"Mux did {name}")
            return answer

        return watched
