"""Connections handed from one quick answer to the next: alive, no more than the pool may open, none left behind."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from sqlalchemy import Engine, QueuePool, func, literal, select, text

from portal.database.bare_connections import MOST_AT_HAND, BareConnections
from portal.database.bare_select import BareConnection, BareSelect
from tests.reading import tuned_engine

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
    connections = BareConnections(engine)
    used = [_read(connections).driver for _ in range(3)]
    assert used == [used[0]] * 3
    assert _lent(engine) == 1


def test_those_at_the_same_time_have_one_each(engine: Engine) -> None:
    connections = BareConnections(engine)
    with connections.reading() as one, connections.reading() as another:
        assert one.driver is not another.driver
        assert ONE.rows(one) == ONE.rows(another) == [(1,)]


def test_after_a_rush_the_pool_has_all_but_a_few_back(engine: Engine) -> None:
    connections = BareConnections(engine)
    with ExitStack() as rush:
        for _ in range(MOST_AT_HAND + 3):
            rush.enter_context(connections.reading())
    assert _lent(engine) == MOST_AT_HAND


def test_one_that_failed_is_not_handed_on(engine: Engine) -> None:
    connections = BareConnections(engine)
    nowhere = BareSelect(select(text("1")).select_from(text("nowhere")))
    before = _read(connections).driver
    with pytest.raises(Exception, match="nowhere"), connections.reading() as reader:
        nowhere.rows(reader)
    assert _lent(engine) == 0
    assert _read(connections).driver is not before


def test_one_that_broke_while_it_rested_is_replaced(postgresql: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = BareConnections(postgresql)
    with connections.reading() as reader:
        backend = BACKEND.rows(reader)[0][0]
    with postgresql.connect() as connection:
        connection.execute(select(func.pg_terminate_backend(backend, PATIENCE_MS)))

    monkeypatch.setattr("portal.database.bare_connections.RESTED_SECONDS", 0)

    with connections.reading() as reader:
        assert BACKEND.rows(reader)[0][0] != backend


def test_one_that_rested_and_lives_is_used_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = BareConnections(engine)
    before = _read(connections).driver
    monkeypatch.setattr("portal.database.bare_connections.RESTED_SECONDS", 0)
    assert _read(connections).driver is before


def test_with_the_engine_all_are_closed(postgresql: Engine) -> None:
    connections = BareConnections(postgresql)
    with connections.reading() as one, connections.reading() as another:
        opened = [reader.driver for reader in (one, another)]
    postgresql.dispose()
    assert [each.closed for each in opened if isinstance(each, psycopg.Connection)] == [True, True]
    assert ONE.rows(_read(connections)) == [(1,)]


def test_what_was_written_is_there_for_others(engine: Engine, counts: BareSelect) -> None:
    connections = BareConnections(engine)
    with connections.writing() as connection:
        _write(connection)
    with connections.reading() as connection:
        assert counts.rows(connection) == [(1,)]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM written")) == 1


def test_of_a_transaction_that_failed_nothing_is_left_and_the_next_can_write(
    engine: Engine, counts: BareSelect
) -> None:
    connections = BareConnections(engine)
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(connections)
    assert _lent(engine) == 0
    with connections.writing() as connection:
        assert counts.rows(connection) == [(0,)]
        _write(connection)
    with engine.begin() as another:
        another.execute(text("INSERT INTO written VALUES (2)"))


@pytest.fixture
def counts(engine: Engine) -> Iterator[BareSelect]:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE written (number integer)"))
    yield BareSelect(select(func.count()).select_from(text("written")))
    engine.dispose()
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE written"))


def _write(connection: BareConnection) -> None:
    cursor = connection.driver.cursor()
    cursor.execute("INSERT INTO written VALUES (1)")
    cursor.close()


def _write_and_fail(connections: BareConnections) -> None:
    with connections.writing() as connection:
        _write(connection)
        raise ZeroDivisionError


def _read(connections: BareConnections) -> BareConnection:
    with connections.reading() as reader:
        assert ONE.rows(reader) == [(1,)]
        return reader


def _lent(engine: Engine) -> int:
    """How many connections the pool counts as being used."""
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


def _engine(address: str) -> Iterator[Engine]:
    engine = tuned_engine(address)
    yield engine
    engine.dispose()
