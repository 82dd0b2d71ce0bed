"""What a benchmark works with: a portal under gunicorn, with a database of its own to write to."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.databases import Database, Shelf, database_of
from bench.plan import Plan
from bench.serving import Server, serving
from bench.slow_mux import SlowMux


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A running portal. `environment` is its own, to start the same application inside this process."""

    portal: Server
    database: Database
    environment: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What all benchmarks of a run share."""

    plan: Plan
    shelf: Shelf
    environment: dict[str, str]
    mux: SlowMux
    log: Path

    @contextmanager
    def scene(self, rows: int) -> Iterator[Scene]:
        """A portal that was just started, on a fresh copy of the database with so many programmes."""
        with database_of(self.shelf, rows, self.environment) as database:
            environment = {**self.environment, "DATABASE_URL": database.url}
            with serving("wsgi:app", environment, self.log) as portal:
                yield Scene(portal=portal, database=database, environment={**environment, "PUBLIC_URL": portal.url})

    def ceiling(self) -> AbstractContextManager[Server]:
        """A bare Flask application under the same gunicorn."""
        return serving("bench.ceiling:app", self.environment, self.log, path="/")
