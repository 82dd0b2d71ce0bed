"""The pool of connections to the database: as many as threads may want, looked at again after a rest."""

from time import monotonic
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

MOST_BEYOND = 4  # connections beyond one for each thread
RESTED_SECONDS = 1.0
USED_AT = "portal.used_at"


def engine_options(threads: int) -> dict[str, Any]:
    """An engine's options in a process where so many threads work at once. Connections are opened as they are needed.

    SQLAlchemy ends each transaction itself, so that nothing is left for the pool to roll back.
    """
    return {
        "pool_size": threads,  # with fewer, some would be opened anew for each request
        "max_overflow": MOST_BEYOND,
        "pool_reset_on_return": None,
        "json_deserializer": from_json,  # a seventh of what json.loads takes for a few tags
    }


def is_alive(engine: Engine, connection: Any) -> bool:
    """Whether the database still answers on a connection."""
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def check_rested_connections(engine: Engine) -> None:
    """Ask a connection whether it still lives before it is used, but not while it is used all the time.

    A database that was started anew breaks connections at rest; of busy ones the next statement tells. SQLAlchemy
    replaces all connections of the pool once one is found dead.
    """

    def ping_if_rested(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get(USED_AT, monotonic()) < RESTED_SECONDS:
            return
        if not is_alive(engine, connection):
            raise DisconnectionError("a connection at rest was closed by the database")

    def note_use(_connection: Any, record: Any) -> None:
        record.info[USED_AT] = monotonic()

    event.listen(engine, "checkout", ping_if_rested)
    event.listen(engine, "checkin", note_use)
