"""Transactions that go by indexes: a plan made for a table that was nearly empty does not outlive that."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from portal.database.bare_connections import BareConnections
from portal.database.postgresql import begin_by_index, commit_or_raise, tune_postgresql


@pytest.fixture
def engine(postgresql_database: str) -> Iterator[Engine]:
    engine = create_engine(postgresql_database, pool_size=1, max_overflow=1)
    tune_postgresql(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE growing (id integer PRIMARY KEY)"))
        connection.execute(text("INSERT INTO growing VALUES (1)"))
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE growing"))
    yield engine
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE growing"))
    engine.dispose()


@pytest.fixture
def driver(engine: Engine) -> Iterator[psycopg.Connection]:
    with BareConnections(engine).reading() as connection:
        assert isinstance(connection.driver, psycopg.Connection)
        yield connection.driver


def test_such_a_transaction_keeps_the_plan_that_a_statement_has_for_any_values(driver: psycopg.Connection) -> None:
    begin_by_index(driver)
    driver.execute("PREPARE looking (integer) AS SELECT FROM growing WHERE id = $1")
    driver.execute("EXECUTE looking (1)")
    assert driver.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements").fetchall() == [(1, 0)]
    commit_or_raise(driver)


def test_it_goes_by_index_where_another_would_read_all(engine: Engine, driver: psycopg.Connection) -> None:
    explained = "EXPLAIN SELECT FROM growing WHERE id = 1"
    with engine.begin() as connection:
        assert "Seq Scan" in connection.execute(text(explained)).scalars().all()[0]
    begin_by_index(driver)
    assert "growing_pkey" in driver.execute(explained).fetchall()[0][0]
    commit_or_raise(driver)


def test_the_next_transaction_is_free_again(driver: psycopg.Connection) -> None:
    begin_by_index(driver)
    assert driver.execute("SHOW enable_seqscan").fetchall() == [("off",)]
    commit_or_raise(driver)
    assert driver.execute("SHOW enable_seqscan").fetchall() == [("on",)]


def test_a_transaction_that_failed_can_not_be_committed(engine: Engine, driver: psycopg.Connection) -> None:
    """PostgreSQL answers such a COMMIT without an error, with a ROLLBACK."""
    begin_by_index(driver)
    driver.execute("INSERT INTO growing VALUES (2)")
    with pytest.raises(psycopg.errors.DivisionByZero):
        driver.execute("SELECT 1 / 0")
    with pytest.raises(psycopg.OperationalError, match="ROLLBACK"):
        commit_or_raise(driver)
    with engine.begin() as connection:
        assert numbers(connection) == [1]


def test_what_its_end_refuses_is_told(engine: Engine, driver: psycopg.Connection) -> None:
    driver.execute("ALTER TABLE growing ADD COLUMN above integer REFERENCES growing (id) DEFERRABLE INITIALLY DEFERRED")
    begin_by_index(driver)
    driver.execute("INSERT INTO growing VALUES (2, 7)")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        commit_or_raise(driver)
    with engine.begin() as connection:
        assert numbers(connection) == [1]


def numbers(connection: Connection) -> list[int]:
    return list(connection.scalars(text("SELECT id FROM growing ORDER BY id")))
