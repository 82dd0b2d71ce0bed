"""Connections handed from one quick answer to the next: alive, no more than the pool may open, none left behind."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from sqlalchemy import Engine, QueuePool, create_engine, func, literal, select, text

from portal.bare_select import BareSelect, Reader
from portal.connections import POOL_OPTIONS
from portal.postgresql import tune_postgresql
from portal.readers import MOST_AT_HAND, Readers

ONE = BareSelect(select(literal(1)))
PATIENCE_MS = 10_000
BACKEND = BareSelect(select(func.pg_backend_pid()))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    yield from _engine(database_url)


@pytest.fixture
def postgresql(postgresql_database: str) -> Iterator[Engine]:
    yield from _engine(postgresql_database)


def test_one_after_the_other_is_given_the_same_connection(engine: Engine) -> None:
    readers = Readers(engine)
    used = [_read(readers).connection for _ in range(3)]
    assert used == [used[0]] * 3
    assert _lent(engine) == 1


def test_those_at_the_same_time_have_one_each(engine: Engine) -> None:
    readers = Readers(engine)
    with readers.reading() as one, readers.reading() as another:
        assert one.connection is not another.connection
        assert ONE.rows(one) == ONE.rows(another) == [(1,)]


def test_after_a_rush_the_pool_has_all_but_a_few_back(engine: Engine) -> None:
    readers = Readers(engine)
    with ExitStack() as rush:
        for _ in range(MOST_AT_HAND + 3):
            rush.enter_context(readers.reading())
    assert _lent(engine) == MOST_AT_HAND


def test_one_that_failed_is_not_handed_on(engine: Engine) -> None:
    readers = Readers(engine)
    nowhere = BareSelect(select(text("1")).select_from(text("nowhere")))
    before = _read(readers).connection
    with pytest.raises(Exception, match="nowhere"), readers.reading() as reader:
        nowhere.rows(reader)
    assert _lent(engine) == 0
    assert _read(readers).connection is not before


def test_one_that_broke_while_it_rested_is_replaced(postgresql: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = Readers(postgresql)
    with readers.reading() as reader:
        backend = BACKEND.rows(reader)[0][0]
    with postgresql.connect() as connection:
        connection.execute(select(func.pg_terminate_backend(backend, PATIENCE_MS)))

    monkeypatch.setattr("portal.readers.RESTED_SECONDS", 0)

    with readers.reading() as reader:
        assert BACKEND.rows(reader)[0][0] != backend


def test_one_that_rested_and_lives_is_used_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = Readers(engine)
    before = _read(readers).connection
    monkeypatch.setattr("portal.readers.RESTED_SECONDS", 0)
    assert _read(readers).connection is before


def test_with_the_engine_all_are_closed(postgresql: Engine) -> None:
    readers = Readers(postgresql)
    with readers.reading() as one, readers.reading() as another:
        opened = [reader.connection for reader in (one, another)]
    postgresql.dispose()
    assert [each.closed for each in opened if isinstance(each, psycopg.Connection)] == [True, True]
    assert ONE.rows(_read(readers)) == [(1,)]


def _read(readers: Readers) -> Reader:
    with readers.reading() as reader:
        assert ONE.rows(reader) == [(1,)]
        return reader


def _lent(engine: Engine) -> int:
    """How many connections the pool counts as being used."""
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


def _engine(address: str) -> Iterator[Engine]:
    engine = create_engine(address, **POOL_OPTIONS)
    tune_postgresql(engine)
    yield engine
    engine.dispose()
