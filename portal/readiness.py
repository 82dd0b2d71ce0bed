"""Whether the database can be worked with: it answers, and its schema is the one this code was written for."""

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.extensions import db


def reason_not_ready() -> str | None:
    """What keeps the portal from working, in words for the operator; None when nothing does."""
    try:
        present = MigrationContext.configure(db.session.connection()).get_current_heads()
    except SQLAlchemyError:
        db.session.rollback()
        return "The database does not answer. Check DATABASE_URL and that the server runs."
    expected = schema_heads(str(current_app.config["MIGRATIONS_FOLDER"]))
    if set(present) != set(expected):
        return "The database's schema is not current. Run: flask --app wsgi db upgrade"
    return None


def schema_heads(folder: str) -> list[str]:
    """The newest migrations in the folder."""
    config = Config()
    config.set_main_option("script_location", folder)
    return list(ScriptDirectory.from_config(config).get_heads())
