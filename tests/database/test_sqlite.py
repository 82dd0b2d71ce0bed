"""SQLite as the embedded database: what every connection is told, and who takes the write lock when."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal.database.transactions import expecting_writes
from portal.extensions import db


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),  # readers go on beside a writer
        ("synchronous", 2),  # full: what was answered survives a power cut
        ("foreign_keys", 1),
        ("busy_timeout", 30_000),  # milliseconds, for what other programs write
    ],
)
def test_what_every_connection_is_told(embedded: Flask, pragma: str, value: str | int) -> None:
    with embedded.app_context():
        assert db.session.scalar(text(f"PRAGMA {pragma}")) == value


@pytest.mark.parametrize(
    ("method", "takes_the_lock"), [("GET", False), ("HEAD", False), ("POST", True), ("PATCH", True), ("DELETE", True)]
)
def test_only_requests_that_may_write_take_the_write_lock(
    embedded: Flask, other_writer: sqlite3.Connection, method: str, *, takes_the_lock: bool
) -> None:
    with embedded.test_request_context(method=method):
        db.session.execute(text("SELECT 1"))
        assert is_locked(other_writer) is takes_the_lock
        db.session.rollback()


def test_a_request_that_reads_may_say_that_it_will_write_for_a_while(
    embedded: Flask, other_writer: sqlite3.Connection
) -> None:
    with embedded.test_request_context(method="GET"):
        with expecting_writes():
            db.session.execute(text("SELECT 1"))
            assert is_locked(other_writer)
            db.session.rollback()
        db.session.execute(text("SELECT 1"))
        assert not is_locked(other_writer)
        db.session.rollback()


def test_work_outside_requests_takes_the_write_lock(embedded: Flask, other_writer: sqlite3.Connection) -> None:
    with embedded.app_context():
        db.session.execute(text("SELECT 1"))
        assert is_locked(other_writer)
        db.session.rollback()


def is_locked(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    connection.execute("ROLLBACK")
    return False


@pytest.fixture
def embedded(app: Flask) -> Flask:
    return app


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    address: str = request.getfixturevalue("sqlite_database")
    return address


@pytest.fixture
def other_writer(database_url: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(Path(database_url.removeprefix("sqlite:///")), timeout=0, isolation_level=None)
    yield connection
    connection.close()
