"""Flask's extensions, made once and bound to an application by create_app. Imports nothing of ours."""

from flask_jwt_extended import JWTManager
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

# Rows stay readable after a commit: no transaction opens by surprise while Mux is being called.
db = SQLAlchemy(session_options={"expire_on_commit": False})
migrate = Migrate()
login_manager = LoginManager()
login_manager.session_protection = None  # sessions are rows that can be ended: portal.people.sessions
csrf = CSRFProtect()
jwt = JWTManager()
