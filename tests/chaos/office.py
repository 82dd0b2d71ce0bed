"""The portal's own code in the test's process, on the same database: it does periodic work, and looks at rows."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from portal import create_app
from portal.config import Settings
from portal.extensions import db
from portal.models import IdempotencyKey, PeriodicWork
from portal.nudge import WorkName
from tests.chaos.site import Site

NUDGE_EVERY_SECONDS = 1.0
SETTLE_EVERY_NUDGES = 5


class Office:
    """An operator at work: `flask portal settle`, and a clock that can be put forward to where waiting would lead."""

    def __init__(self, site: Site) -> None:
        self.ahead = timedelta()
        self.app = create_app(Settings.from_environ(site.environment), clock=self._clock)

    def close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def settle(self) -> str:
        result = self.app.test_cli_runner().invoke(args=["portal", "settle", "--all"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    def wait_for_nobody_dead(self, killed: tuple[str, ...]) -> None:
        """A minute passes: what is held by a worker or a request that was killed is free again."""
        with self.app.app_context():
            if "worker" in killed:
                db.session.execute(update(PeriodicWork).values(held_until=None))
            if "web" in killed:
                db.session.execute(update(IdempotencyKey).values(locked_until=datetime.now(UTC)))
            db.session.commit()

    @contextlib.contextmanager
    def impatient(self) -> Iterator[None]:
        """Keep the worker busy as minutes do in a longer time, and settle by hand now and then."""
        ending = threading.Event()
        failures: list[BaseException] = []
        thread = threading.Thread(target=self._hurry, args=(ending, failures), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()
        if failures:
            raise failures[0]

    def _hurry(self, ending: threading.Event, failures: list[BaseException]) -> None:
        nudges = 0
        try:
            while not ending.wait(NUDGE_EVERY_SECONDS):
                for name in (WorkName.ASK_MUX, WorkName.PAY_DISCARDS):
                    self.app.extensions["nudge"](name)
                nudges += 1
                if nudges % SETTLE_EVERY_NUDGES == 0:
                    self.settle()
        except BaseException as failure:  # noqa: BLE001 - it is the test's to see
            failures.append(failure)

    def _clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead
