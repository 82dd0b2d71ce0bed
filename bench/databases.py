"""Filled databases: kept in bench/data, and copied for each use, so that every run finds the same rows."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import psutil
from flask_migrate import upgrade
from sqlalchemy import Engine, create_engine

from bench.filling import EDITION, fill
from bench.inside import portal_inside
from portal import ROOT
from portal.extensions import db
from portal.readiness import newest_schema

DATA = ROOT / "bench" / "data"


@dataclass(frozen=True)
class Database:
    """A copy that a benchmark may write to. `server` is PostgreSQL's first process, None for SQLite."""

    url: str
    engine: Engine
    rows: int
    server: psutil.Process | None


class Shelf(Protocol):
    """Where filled databases are kept."""

    def has(self, name: str) -> bool:
        """Whether a database of that name is there, whole."""

    def being_made(self, name: str) -> AbstractContextManager[str]:
        """The address of an empty database, which gets its name once it is left without an exception."""

    def copied(self, name: str) -> AbstractContextManager[str]:
        """The address of a copy, dropped afterwards."""

    @property
    def server(self) -> psutil.Process | None:
        """The database server's first process, if there is one."""


@contextmanager
def data_folder() -> Iterator[Path]:
    """The folder of all that is kept; for one run of the benchmarks at a time."""
    DATA.mkdir(exist_ok=True)
    with (DATA / "in-use").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("Another run of the benchmarks is at work: wait until it is done.")
        yield DATA


def vacuum(url: str) -> None:
    """As autovacuum would in time. By an engine that is not the portal's, which would begin a transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


@contextmanager
def database_of(shelf: Shelf, rows: int, environment: dict[str, str]) -> Iterator[Database]:
    """A copy of the database with that many programmes, which is filled first where there is none yet."""
    name = f"kept_{newest_schema(str(ROOT / 'migrations'))}_{EDITION}_{rows}"
    if not shelf.has(name):
        print(f"Filling a database with {rows:,} programmes; it is kept for the next run …", flush=True)
        with shelf.being_made(name) as url:
            make_and_fill(url, rows, environment)
    with shelf.copied(name) as url:
        engine = create_engine(url)
        try:
            yield Database(url=url, engine=engine, rows=rows, server=shelf.server)
        finally:
            engine.dispose()


def make_and_fill(url: str, rows: int, environment: dict[str, str]) -> None:
    """Lead an empty database to the newest schema and fill it."""
    app = portal_inside({**environment, "DATABASE_URL": url})
    with app.app_context():
        upgrade()
        fill(db.engine, rows, datetime.now(UTC))
        if db.engine.dialect.name == "postgresql":
            vacuum(url)
        db.session.remove()
        db.engine.dispose()
