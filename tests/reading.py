"""A connection of an engine's pool for one question, which the portal itself hands from one to the next."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from portal.bare_select import BareConnection


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
