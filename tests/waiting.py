"""Whether somebody waits in the database, for tests that let two transactions meet."""

import os

from sqlalchemy import Engine, text

from portal.database.sqlite_queue import _line_of


def somebody_waits(engine: Engine) -> bool:
    """Whether a transaction waits for another one to end: for a lock of its, or on SQLite for the turn to write."""
    if engine.dialect.name == "sqlite":
        return bool(_line_of(os.path.realpath(str(engine.url.database)), os.getpid())._waiting)
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
