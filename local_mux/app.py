"""Putting the local Mux's web application together."""

from flask import Flask

from local_mux import errors
from local_mux.api import assets, playback_ids, signing_keys, static_renditions, tracks, uploads
from local_mux.api.blueprint import api
from local_mux.console import deliveries, faults, health, page
from local_mux.console.blueprint import console
from local_mux.context import Context
from local_mux.playback import images, streams
from local_mux.playback.blueprint import playback
from local_mux.receiving.views import receiving

_ROUTES = (
    assets,
    deliveries,
    faults,
    health,
    images,
    page,
    playback_ids,
    signing_keys,
    static_renditions,
    streams,
    tracks,
    uploads,
)
"""Modules that add their routes to a blueprint by being imported."""


def create_app(context: Context) -> Flask:
    """Make the application that answers for one data folder."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["local_mux"] = context
    errors.register(app)
    app.register_blueprint(api)
    app.register_blueprint(receiving)
    app.register_blueprint(playback)
    app.register_blueprint(console)
    return app
