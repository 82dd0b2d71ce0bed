"""What every template may use without a view handing it in."""

from flask import Flask
from flask_login import current_user

from portal.clock import utc_now
from portal.config import Settings
from portal.models import Programme
from portal.mux.playback import current_playback_urls


def register_template_context(app: Flask, settings: Settings) -> None:
    """Add the globals.

    `current_user` stays a proxy that asks the database when a template first uses it: error pages use none, and so
    can be shown while the database is away.
    """
    app.jinja_env.globals.update(current_user=current_user, is_real_mux=settings.is_real_mux, thumbnail=thumbnail)


def thumbnail(programme: Programme) -> str | None:
    """The address of a still for lists; None while there is no video. Anybody who may see a programme may see it."""
    if programme.mux_playback_id is None:
        return None
    return current_playback_urls().thumbnail_url(programme.mux_playback_id, is_signed=programme.is_signed, at=utc_now())
