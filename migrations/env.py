"""How Alembic reaches the portal's database; run through `flask --app wsgi db …`."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from portal.extensions import db
from portal.models import Base
from portal.models.programme_text import by_models


def run_migrations() -> None:
    """Apply migrations, each in one transaction; SQLite's tables are rebuilt where it can't alter them."""
    with db.engine.connect() as connection:
        _hold_foreign_keys(connection, held=False)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            include_object=by_models,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL lock_timeout = '4s'")
            context.run_migrations()
        _hold_foreign_keys(connection, held=True)


def _hold_foreign_keys(connection: Connection, *, held: bool) -> None:
    """On SQLite a table that is rebuilt is dropped, which with foreign keys held deletes what refers to its rows."""
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute(f"PRAGMA foreign_keys = {'ON' if held else 'OFF'}")


if context.is_offline_mode():
    raise SystemExit("The portal's migrations run against a database; --sql is not served.")
with current_app.app_context():
    run_migrations()
