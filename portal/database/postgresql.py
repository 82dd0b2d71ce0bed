"""PostgreSQL as the database of larger installations: what only reads begins no transaction.

Each statement sees what was committed before it, within a transaction as without one (READ COMMITTED), so that a page
which only reads loses nothing with BEGIN and ROLLBACK but two journeys to the database.
"""

from typing import TYPE_CHECKING, Any, cast

from psycopg.pq import ExecStatus
from sqlalchemy import Connection, Engine, event

from portal.database.prepared import KEPT_AS, PreparedSelects, failure_of
from portal.database.transactions import only_reads

if TYPE_CHECKING:
    import psycopg

# For a transaction all of whose statements look for few rows. A connection keeps the plans of what it has prepared,
# and one that was made while a table was nearly empty reads that whole table, until somebody has counted its rows anew.
# And to plan each time by what is asked for costs as much as to find it.
BEGIN_BY_INDEX = b"BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan"


def tune_postgresql(engine: Engine) -> None:
    """Let the engine's connections begin transactions where something may be written; other engines are left alone."""
    if engine.dialect.name != "postgresql":
        return
    event.listen(engine, "connect", _begin_nothing_by_itself)
    event.listen(engine, "rollback", _expect_nothing_prepared)
    event.listen(engine, "rollback_savepoint", _expect_nothing_prepared)
    event.listen(engine, "begin", _begin)


def _begin_nothing_by_itself(connection: Any, _record: Any) -> None:
    connection.autocommit = True


def _expect_nothing_prepared(connection: Connection, *_: Any) -> None:
    """Psycopg has a connection forget all statements after a ROLLBACK, if it has prepared some of its own."""
    known: PreparedSelects | None = connection.info.get(KEPT_AS)
    if known is not None:
        known.forget()


def _begin(connection: Connection) -> None:
    if only_reads():
        return
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    driver.execute("BEGIN", prepare=False)


def begin_by_index(driver: "psycopg.Connection[Any]") -> None:
    """Begin a transaction that goes by indexes in any case."""
    _send(driver, BEGIN_BY_INDEX, b"SET")


def commit_or_raise(driver: "psycopg.Connection[Any]") -> None:
    """End a transaction with all that it has written; this raises where nothing of it is kept."""
    _send(driver, b"COMMIT", b"COMMIT")


def _send(driver: "psycopg.Connection[Any]", command: bytes, answered: bytes) -> None:
    """By libpq's own call. A transaction that had failed answers its COMMIT with "ROLLBACK"."""
    result = driver.pgconn.exec_(command)
    if result.status == ExecStatus.COMMAND_OK and result.command_status == answered:
        return
    raise failure_of(driver.pgconn, result)
