"""The Programme Portal: the only file that knows all blueprints."""

import os
from functools import cache, partial
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.account.views import account as account_pages
from portal.addresses import register_addresses
from portal.admin.views import admin as admin_pages
from portal.api.direct import DirectAnswers
from portal.api.identity import configure_tokens
from portal.api.views import api as api_calls
from portal.auth.views import auth as auth_pages
from portal.bell.views import notices as notice_pages
from portal.catalogue.views import catalogue as catalogue_pages
from portal.clock import Clock, system_clock
from portal.coach.views import coach as coach_pages
from portal.conditional import register_conditional_answers
from portal.config import Settings
from portal.database.bare_connections import BareConnections
from portal.database.connections import check_rested_connections, engine_options
from portal.database.postgresql import tune_postgresql
from portal.database.slow_queries import log_slow_bare_selects, log_slow_queries
from portal.database.sqlite import tune_sqlite
from portal.embed.views import embed as embed_pages
from portal.errors import register_error_handlers
from portal.extensions import csrf, db, login_manager
from portal.form_tokens import register_form_tokens
from portal.formatting import register_filters
from portal.gate import register_gate
from portal.headers import register_headers
from portal.health import health as health_checks
from portal.json_provider import FastJson
from portal.kept_pages import KeptParts
from portal.logs import configure_logs
from portal.models.session import LASTS_FOR
from portal.mux.gateway import MuxApi, MuxGateway
from portal.mux.playback import PlaybackUrls
from portal.navigation import register_navigation
from portal.nudge import make_nudge, make_queue_length
from portal.on_demand import open_queue, register_commands
from portal.rate_limits import make_rate_limiter
from portal.session_cookies import register_session_cookies
from portal.static_files import register_static_url, serve_static
from portal.template_context import TemplateEnvironment, register_template_context
from portal.webhook_refusals import WebhookRefusals
from portal.webhooks.views import webhooks as webhook_calls

ROOT = Path(__file__).resolve().parent.parent
FORM_MAX_BYTES = 256 * 1024
BODY_MAX_BYTES = 2 * 1024 * 1024  # of any request, files in forms among them; few views take so much


def create_app(
    settings: Settings | None = None, *, mux: MuxGateway | None = None, clock: Clock = system_clock
) -> Flask:
    """An application, complete. Settings come from the environment unless given; ConfigError if they are bad."""
    settings = settings or Settings.from_environ(os.environ)
    configure_logs(settings)
    app = Flask(__name__, root_path=str(ROOT), instance_path=str(settings.instance))
    app.json = FastJson(app)
    app.jinja_environment = TemplateEnvironment
    app.config.update(_flask_config(settings))
    app.extensions.update(
        settings=settings, clock=clock, mux=mux or MuxApi(settings), playback_urls=PlaybackUrls(settings)
    )
    queue = cache(partial(open_queue, app, settings))
    app.extensions.update(nudge=make_nudge(queue), queue_length=make_queue_length(queue))
    app.extensions["webhook_refusals"] = WebhookRefusals(settings.instance)
    _bind_extensions(app, settings)
    register_session_cookies(app)
    register_static_url(app)
    app.extensions["rate_limiter"] = make_rate_limiter(settings)
    app.extensions["kept_parts"] = KeptParts(app)
    register_filters(app)
    register_addresses(app)
    register_form_tokens(app)
    register_navigation(app)
    register_template_context(app, settings)
    register_error_handlers(app)
    register_headers(app, settings)
    register_conditional_answers(app)
    register_gate(app)
    _register_blueprints(app)
    register_commands(app)
    app.wsgi_app = DirectAnswers(app, settings, serve_static(app.wsgi_app))  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    is_https = settings.public_url.startswith("https:")
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.web_threads),
        "SESSION_COOKIE_NAME": "portal_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": is_https,
        "SESSION_REFRESH_EACH_REQUEST": False,  # but with each visit that is noted: portal.auth
        "PERMANENT_SESSION_LIFETIME": LASTS_FOR,
        "WTF_CSRF_TIME_LIMIT": None,  # a page may stay open as long as its session lasts
        "WTF_CSRF_SSL_STRICT": is_https,
        "MAX_FORM_MEMORY_SIZE": FORM_MAX_BYTES,
        "MAX_CONTENT_LENGTH": BODY_MAX_BYTES,
        "MIGRATIONS_FOLDER": str(ROOT / "migrations"),
    }


def _bind_extensions(app: Flask, settings: Settings) -> None:
    if settings.database_url.startswith("sqlite"):
        settings.instance.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        tune_sqlite(db.engine)
        tune_postgresql(db.engine)
        check_rested_connections(db.engine)
        log_slow_queries(db.engine, settings.slow_query_ms)
        app.extensions["bare_connections"] = BareConnections(db.engine)
    log_slow_bare_selects(settings.slow_query_ms)
    login_manager.init_app(app, add_context_processor=False)  # portal.template_context has current_user
    csrf.init_app(app)
    configure_tokens(app, settings)


def _register_blueprints(app: Flask) -> None:
    """Each has a name of its own here, as portal.auth and the others are packages."""
    for pages in (auth_pages, account_pages, coach_pages, catalogue_pages, embed_pages, notice_pages, admin_pages):
        app.register_blueprint(pages)
    for calls in (health_checks, webhook_calls, api_calls):
        app.register_blueprint(calls)
    app.register_blueprint(api_calls, url_prefix="/api", name="api_prefixed")
