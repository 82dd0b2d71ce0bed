"""Connections that are handed from one quick answer to the next, past SQLAlchemy and the pool's own bookkeeping.

Those at hand belong to the pool and count as lent by it, so that it never opens more than it may: no more are kept than
it may open beyond one for each thread. One that has rested is asked whether it still lives, as the pool's own are.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import psycopg
from flask import current_app
from sqlalchemy import Engine, PoolProxiedConnection, event

from portal.database.bare_select import BareConnection
from portal.database.compiled import Row
from portal.database.connections import MOST_BEYOND, RESTED_SECONDS, is_alive
from portal.database.gathered_select import Asked, GatheredSelect
from portal.database.gathering import Gathering
from portal.database.postgresql import begin_by_index, commit_or_raise

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from portal.database.sqlite import LinedConnection

MOST_AT_HAND = MOST_BEYOND
MOST_TOGETHER = 64  # questions in one
PATIENCE_SECONDS = 0.005


def current_bare_connections() -> "BareConnections":
    """Those of the application at work."""
    return cast("BareConnections", current_app.extensions["bare_connections"])


@dataclass(slots=True)
class _Lent:
    pooled: PoolProxiedConnection
    connection: BareConnection
    used_at: float  # as monotonic() tells it

    def discard(self) -> None:
        self.pooled.invalidate()
        self.pooled.close()


class BareConnections:
    """Lends connections of an engine's pool: one for an application, as their number is bounded for all together."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._at_hand: list[_Lent] = []  # its append and pop are one step each
        self._gatherings: dict[GatheredSelect, Gathering[Asked, Row | None]] = {}
        event.listen(engine, "engine_disposed", self._discard_all)

    @contextmanager
    def reading(self) -> Iterator[BareConnection]:
        """A connection outside of transactions: its driver begins none by itself. Closed where the block raises."""
        lent = self._take()
        try:
            yield lent.connection
        except BaseException:
            lent.discard()
            raise
        self._give_back(lent)

    @contextmanager
    def writing(self) -> Iterator[BareConnection]:
        """A transaction that goes by indexes in any case, and ends with a COMMIT.

        Where the block raises, or the COMMIT fails, the connection is closed, and nothing of it is kept.
        """
        with self.reading() as connection:
            begin(connection.driver)
            yield connection
            commit(connection.driver)

    def first(self, select: GatheredSelect, **parameters: Any) -> Row | None:
        """The row that it selects, None where there is none: as what is committed when this is called has it.

        Of PostgreSQL, threads that ask the same at the same time ask together: a journey to it costs more than a row.
        """
        if self._engine.dialect.name != "postgresql":
            with self.reading() as connection:
                return select.first(connection, **parameters)
        return self._gathering_of(select).bring(parameters)

    def _gathering_of(self, select: GatheredSelect) -> "Gathering[Asked, Row | None]":
        known = self._gatherings.get(select)
        return known or self._gatherings.setdefault(select, self._gathering_for(select))

    def _gathering_for(self, select: GatheredSelect) -> "Gathering[Asked, Row | None]":
        def ask(asked: Sequence[Asked]) -> Sequence[Row | None]:
            with self.reading() as connection:
                return select.first_of_each(connection, asked)

        return Gathering(ask, most=MOST_TOGETHER, patience_seconds=PATIENCE_SECONDS)

    def _take(self) -> _Lent:
        with suppress(IndexError):
            while True:
                lent = self._at_hand.pop()
                if monotonic() - lent.used_at < RESTED_SECONDS or is_alive(self._engine, lent.pooled):
                    return lent
                lent.discard()
        pooled = self._engine.raw_connection()
        return _Lent(pooled, BareConnection.of_pool(self._engine, pooled), 0)

    def _give_back(self, lent: _Lent) -> None:
        if len(self._at_hand) >= MOST_AT_HAND:
            lent.pooled.close()
            return
        lent.used_at = monotonic()
        self._at_hand.append(lent)

    def _discard_all(self, _engine: Engine) -> None:
        while self._at_hand:
            self._at_hand.pop().discard()


def begin(driver: "DBAPIConnection") -> None:
    """Begin a transaction that writes."""
    if isinstance(driver, psycopg.Connection):
        begin_by_index(driver)
    else:
        cast("LinedConnection", driver).begin_writing()


def commit(driver: "DBAPIConnection") -> None:
    """End it with all that was written; this raises where nothing of it is kept."""
    if isinstance(driver, psycopg.Connection):
        commit_or_raise(driver)
    else:
        driver.commit()
