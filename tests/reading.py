"""Engines set up as the portal's own, and a connection of one for a question, without an application."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine

from portal.config import WEB_THREADS
from portal.database.bare_select import BareConnection
from portal.database.connections import engine_options
from portal.database.postgresql import tune_postgresql
from portal.database.sqlite import tune_sqlite


def tuned_engine(url: str) -> Engine:
    """Whoever asks for it disposes of it."""
    engine = create_engine(url, **engine_options(WEB_THREADS))
    tune_postgresql(engine)
    tune_sqlite(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[BareConnection]:
    """Outside of transactions; closed where the block raises."""
    pooled = engine.raw_connection()
    try:
        yield BareConnection.of_pool(engine, pooled)
    except BaseException:
        pooled.invalidate()
        raise
    finally:
        pooled.close()
