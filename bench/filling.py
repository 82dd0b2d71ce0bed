"""Filling a database by bulk load: COPY for PostgreSQL, executemany for SQLite."""

import enum
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from bench.people import people
from bench.programmes import Batch, Row, batches
from portal.models import Base, Role, User

WORD_INDEX = "ix_programme_text_pieces"  # PostgreSQL's
WORD_TRIGGER = "programme_text_added"  # what puts words into SQLite's
EDITION = 2  # raised whenever other rows are made, so that databases filled before are filled anew


def fill(engine: Engine, rows: int, at: datetime) -> None:
    """Put people and `rows` programmes into the empty tables of a database."""
    with engine.begin() as connection:
        load(connection, "user", people(at))
        owners = coaches(connection)
    with _words_indexed_afterwards(engine):
        for batch in batches(rows, owners, at):
            with engine.begin() as connection:
                load_batch(connection, batch)


@contextmanager
def _words_indexed_afterwards(engine: Engine) -> Iterator[None]:
    """An index of words takes most of the time when each row is added to it by itself."""
    if engine.dialect.name == "postgresql":
        with _index_made_afterwards(engine):
            yield
    else:
        with _words_put_in_afterwards(engine):
            yield


@contextmanager
def _index_made_afterwards(engine: Engine) -> Iterator[None]:
    with engine.begin() as connection:
        definition = connection.scalar(
            text("SELECT indexdef FROM pg_indexes WHERE indexname = :name"), {"name": WORD_INDEX}
        )
        connection.exec_driver_sql(f"DROP INDEX {WORD_INDEX}")
    yield
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
        connection.exec_driver_sql(str(definition))
        connection.exec_driver_sql(f"ALTER INDEX {WORD_INDEX} ALTER COLUMN 1 SET STATISTICS 0")


@contextmanager
def _words_put_in_afterwards(engine: Engine) -> Iterator[None]:
    with engine.begin() as connection:
        definition = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": WORD_TRIGGER})
        connection.exec_driver_sql(f"DROP TRIGGER {WORD_TRIGGER}")
    yield
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO programme_words (programme_words) VALUES ('rebuild')")
        connection.exec_driver_sql(str(definition))


def coaches(connection: Connection) -> Sequence[int]:
    """The ids of the coaches, first first."""
    return connection.scalars(select(User.id).where(User.role == Role.COACH).order_by(User.id)).all()


def load_batch(connection: Connection, batch: Batch) -> None:
    """Add the rows of a batch, table by table."""
    for table, rows in vars(batch).items():
        load(connection, table, rows)


def load(connection: Connection, table: str, rows: Iterable[Row]) -> None:
    """Add rows of one shape to a table, its plain defaults included; the caller's transaction takes them."""
    columns = Base.metadata.tables[table]
    defaults = {
        column.name: column.default.arg
        for column in columns.columns
        if isinstance(column.default, ScalarElementColumnDefault)
    }
    kept = [{**defaults, **row} for row in rows]
    if not kept:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, kept)
    else:
        connection.execute(columns.insert(), kept)


def _copy(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    names = sql.SQL(", ").join(sql.Identifier(name) for name in rows[0])
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with driver.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row([_as_text(value) for value in row.values()])


def _as_text(value: Any) -> Any:
    """What COPY takes where psycopg would not know the column's type: enums by value, lists as JSON."""
    if isinstance(value, enum.Enum):
        return value.value
    return json.dumps(value) if isinstance(value, list) else value
