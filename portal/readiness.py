"""Whether the database can be worked with: it answers, and its schema is the one this code was written for.

Asked without Alembic, which takes long to load and reads all migrations for each question.
"""

from functools import cache
from pathlib import Path

from flask import current_app
from sqlalchemy import column, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from portal.extensions import db

ALEMBIC_VERSION = table("alembic_version", column("version_num"))  # Alembic's own, which no model describes


def reason_not_ready() -> str | None:
    """What keeps the portal from working, in words for the operator; None when nothing does."""
    try:
        present = _present_schema()
    except SQLAlchemyError:
        db.session.rollback()
        return "The database does not answer. Check DATABASE_URL and that the server runs."
    if present != newest_schema(str(current_app.config["MIGRATIONS_FOLDER"])):
        return "The database's schema is not current. Run: flask --app wsgi db upgrade"
    return None


@cache
def newest_schema(folder: str) -> str:
    """The newest migration's revision: they stand in one line, and their files begin with their numbers."""
    return max(file.name.partition("_")[0] for file in Path(folder, "versions").glob("*.py"))


def _present_schema() -> str | None:
    """The revision that the database was led to; None before the first."""
    if not inspect(db.session.connection()).has_table(ALEMBIC_VERSION.name):
        return None
    return db.session.scalar(select(ALEMBIC_VERSION.c.version_num))
