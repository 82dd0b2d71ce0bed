"""Statements that a connection to PostgreSQL has prepared: kept with it, gone with it, and it goes when one fails."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, Integer, bindparam, func, literal, select, text

from portal.database.bare_select import BareConnection, BareSelect
from tests.reading import reading, tuned_engine

ONE = BareSelect(select(literal(1)))


@pytest.fixture
def engine(postgresql_database: str) -> Iterator[Engine]:
    engine = tuned_engine(postgresql_database)
    yield engine
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS changing"))
    engine.dispose()


def test_a_statement_is_prepared_once_for_each_connection(engine: Engine) -> None:
    prepared = BareSelect(select(func.count()).select_from(text("pg_prepared_statements")))
    with reading(engine) as one, reading(engine) as another:
        for reader in (one, another, one):
            before = prepared.first(reader)
            assert ONE.first(reader) == (1,)
            ONE.first(reader)
            assert prepared.first(reader) in [before, (before[0] + 1,) if before else None]
        settled = prepared.first(one)
        ONE.first(one)
        assert prepared.first(one) == settled


def test_a_statement_that_fails_says_why_and_its_connection_is_replaced(engine: Engine) -> None:
    ratio = BareSelect(select(literal(6) // bindparam("by", type_=Integer)))
    backend = _backend(engine)
    with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero"), reading(engine) as reader:
        ratio.first(reader, by=0)
    assert _backend(engine) != backend
    with reading(engine) as reader:
        assert ratio.first(reader, by=3) == (2,)


def test_a_statement_that_can_not_be_prepared_says_why(engine: Engine) -> None:
    nowhere = BareSelect(select(text("1")).select_from(text("nowhere")))
    with pytest.raises(psycopg.errors.UndefinedTable, match="nowhere"), reading(engine) as reader:
        nowhere.rows(reader)
    with reading(engine) as reader:
        assert ONE.first(reader) == (1,)


@pytest.mark.parametrize("is_psycopg_at_it", [True, False], ids=["psycopg prepares, too", "nothing else is prepared"])
@pytest.mark.parametrize("is_nested", [False, True], ids=["of all", "to a savepoint"])
def test_after_a_rollback_all_is_prepared_anew(engine: Engine, *, is_psycopg_at_it: bool, is_nested: bool) -> None:
    """psycopg has a connection forget all statements then, had it prepared some of its own."""
    with engine.connect() as connection:
        for _ in range(8 if is_psycopg_at_it else 1):  # psycopg prepares what comes for the fifth time
            connection.execute(text("SELECT 2"))
        of_what = connection.begin_nested() if is_nested else connection
        ONE.first(BareConnection.within(connection))
        of_what.rollback()
        for _ in range(8):
            connection.execute(text("SELECT 2"))  # begins
            assert ONE.first(BareConnection.within(connection)) == (1,)


def test_what_was_forgotten_within_a_transaction_is_prepared_anew_in_the_next(engine: Engine) -> None:
    with engine.connect() as connection:
        ONE.first(BareConnection.within(connection))
        connection.execute(text("DEALLOCATE ALL"))
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            ONE.first(BareConnection.within(connection))
        connection.rollback()
        connection.execute(text("SELECT 2"))
        assert ONE.first(BareConnection.within(connection)) == (1,)


def test_a_connection_that_broke_is_replaced(engine: Engine) -> None:
    backend = _backend(engine)
    with pytest.raises(psycopg.OperationalError):
        _ask_once_it_ended(engine, backend)
    assert _backend(engine) != backend


def test_what_was_forgotten_is_prepared_anew(engine: Engine) -> None:
    """As by whatever stands between the portal and its database."""
    backend = _backend(engine)
    _run(engine, "DEALLOCATE ALL")
    assert _backend(engine) == backend


def test_a_table_that_was_changed_is_read_as_it_is_now(engine: Engine) -> None:
    _run(engine, "CREATE TABLE changing (word varchar(9))")
    _run(engine, "INSERT INTO changing VALUES ('1')")
    words = BareSelect(select(text("word")).select_from(text("changing")))
    with reading(engine) as reader:
        assert words.rows(reader) == [("1",)]
        _run(engine, "ALTER TABLE changing ALTER COLUMN word TYPE integer USING word::integer")
        assert words.rows(reader) == [(1,)]
        _run(engine, "ALTER TABLE changing ALTER COLUMN word TYPE text")
        assert words.rows(reader) == [("1",)]


def _backend(engine: Engine) -> int:
    """The process of the database that the next reader is served by."""
    with reading(engine) as reader:
        row = BareSelect(select(func.pg_backend_pid())).first(reader)
    assert row is not None
    return int(row[0])


def _run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def _ask_once_it_ended(engine: Engine, backend: int) -> None:
    with reading(engine) as reader:
        _run(engine, f"SELECT pg_terminate_backend({backend}, 10000)")
        ONE.first(reader)
