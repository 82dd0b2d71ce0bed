"""What is looked at once, before anything is served."""

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.config import ConfigError, current_settings
from portal.extensions import db
from portal.people.accounts import has_demo_accounts


def refuse_demo_accounts(app: Flask) -> None:
    """Raise ConfigError where accounts that everybody knows the password of meet a start that is not the demo's.

    A database that does not answer, or has no tables yet, is /readyz's to report.
    """
    with app.app_context():
        if current_settings().is_demo:
            return
        try:
            is_demo_data = has_demo_accounts()
        except SQLAlchemyError:
            return
        finally:
            db.session.remove()
            db.engine.dispose()  # gunicorn may fork after this
    if is_demo_data:
        raise ConfigError("DATABASE_URL leads to the demo's database, with its well-known passwords: use another one")
