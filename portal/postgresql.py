"""PostgreSQL as the database of larger installations: what only reads begins no transaction.

Each statement sees what was committed before it, within a transaction as without one (READ COMMITTED), so that a page
which only reads loses nothing with BEGIN and ROLLBACK but two journeys to the database.
"""

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Engine, event

from portal.transactions import only_reads

if TYPE_CHECKING:
    import psycopg

# For a transaction all of whose statements look for few rows. A connection keeps the plans of what it has prepared,
# and one that was made while a table was nearly empty reads that whole table, until somebody has counted its rows anew.
BY_INDEX = "portal_by_index"
# And to plan each time by what is asked for costs as much as to find it.
BEGIN_BY_INDEX = "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan"


def tune_postgresql(engine: Engine) -> None:
    """Let the engine's connections begin transactions where something may be written; other engines are left alone."""
    if engine.dialect.name != "postgresql":
        return
    event.listen(engine, "connect", _leave_it_to_us)
    event.listen(engine, "begin", _begin)


def _leave_it_to_us(connection: Any, _record: Any) -> None:
    """The driver begins no transaction by itself, and prepares nothing.

    Otherwise it would have the connection forget all that is prepared, of portal.prepared too, after each ROLLBACK.
    """
    connection.autocommit = True
    connection.prepare_threshold = None


def _begin(connection: Connection) -> None:
    if only_reads():
        return
    goes_by_index = connection.get_execution_options().get(BY_INDEX)
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    driver.execute(BEGIN_BY_INDEX if goes_by_index else "BEGIN", prepare=False)
