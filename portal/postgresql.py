"""PostgreSQL as the database of larger installations: what only reads begins no transaction.

Each statement sees what was committed before it, within a transaction as without one (READ COMMITTED), so that a page
which only reads loses nothing with BEGIN and ROLLBACK but two journeys to the database.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event

from portal.transactions import only_reads


def tune_postgresql(engine: Engine) -> None:
    """Let the engine's connections begin transactions where something may be written; other engines are left alone."""
    if engine.dialect.name != "postgresql":
        return
    event.listen(engine, "connect", _begin_nothing_by_itself)
    event.listen(engine, "begin", _begin)


def _begin_nothing_by_itself(connection: Any, _record: Any) -> None:
    connection.autocommit = True


def _begin(connection: Connection) -> None:
    if not only_reads():
        connection.exec_driver_sql("BEGIN")
