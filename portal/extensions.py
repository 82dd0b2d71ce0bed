"""Flask's extensions, made once and bound to an application by create_app. Imports nothing of ours."""

from flask_jwt_extended import JWTManager
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect


class Logins(LoginManager):
    """Flask-Login's, without its protection of sessions: ours are rows that can be ended (portal.people.sessions)."""

    def _session_protection_failed(self) -> bool:
        """Never. Turned off by its setting alone, it would still hash each request's address and browser."""
        return False


# Rows stay readable after a commit: no transaction opens by surprise while Mux is being called.
db = SQLAlchemy(session_options={"expire_on_commit": False})
login_manager = Logins()
login_manager.session_protection = None
csrf = CSRFProtect()
jwt = JWTManager()
