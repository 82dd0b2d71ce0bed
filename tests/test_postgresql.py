"""PostgreSQL's transactions: a plan made for a table that was nearly empty does not outlive that."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from portal.postgresql import BY_INDEX, tune_postgresql


@pytest.fixture
def engine(postgresql_database: str) -> Iterator[Engine]:
    engine = create_engine(postgresql_database, pool_size=1, max_overflow=0)
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


def test_such_a_transaction_keeps_the_plan_that_a_statement_has_for_any_values(engine: Engine) -> None:
    with engine.connect().execution_options(**{BY_INDEX: True}) as connection, connection.begin():
        connection.execute(text("PREPARE looking (integer) AS SELECT FROM growing WHERE id = $1"))
        connection.execute(text("EXECUTE looking (1)"))
        plans = connection.execute(text("SELECT generic_plans, custom_plans FROM pg_prepared_statements"))
        assert plans.one() == (1, 0)


@pytest.mark.parametrize(("options", "plan"), [({}, "Seq Scan"), ({BY_INDEX: True}, "growing_pkey")], ids=str)
def test_a_transaction_goes_by_index_where_that_is_asked_for(
    engine: Engine, options: dict[str, bool], plan: str
) -> None:
    for _ in range(8):  # often enough for the statement to be prepared, and its plan to be kept
        with engine.connect().execution_options(**options) as connection, connection.begin():
            rows = connection.execute(text("EXPLAIN SELECT FROM growing WHERE id = 1")).scalars().all()
            assert plan in rows[0]


def test_the_next_transaction_is_free_again(engine: Engine) -> None:
    with engine.connect().execution_options(**{BY_INDEX: True}) as connection, connection.begin():
        assert connection.scalar(text("SHOW enable_seqscan")) == "off"
    with engine.begin() as connection:
        assert connection.scalar(text("SHOW enable_seqscan")) == "on"
