"""Whether the process lives, and whether it can do its work: for load balancers and the operator."""

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.extensions import db

health = Blueprint("health", __name__)


@health.get("/healthz")
def is_alive() -> dict[str, str]:
    return {"status": "ok"}


@health.get("/readyz")
def is_ready() -> tuple[dict[str, str], int]:
    """200 when the database answers and its schema is the one this code was written for, else 503."""
    reason = reason_not_ready()
    if reason:
        return {"status": "unavailable", "reason": reason}, 503
    return {"status": "ok"}, 200


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
