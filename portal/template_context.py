"""What every template may use without a view handing it in."""

from collections.abc import Mapping

from flask import Flask
from flask_login import current_user

from portal.access import signed_in_user, thumbnail_for
from portal.clock import utc_now
from portal.config import Settings
from portal.models import Programme, Status
from portal.mux.playback import current_playback_urls

STATUS_WORDS: Mapping[Status, str] = {
    Status.AWAITING_UPLOAD: "Waiting for video",
    Status.PROCESSING: "Processing",
    Status.READY: "Ready",
    Status.ERRORED: "Failed",
}


def register_template_context(app: Flask, settings: Settings) -> None:
    """Add the globals.

    `current_user` stays a proxy that asks the database when a template first uses it: error pages use none, and so
    can be shown while the database is away.
    """
    app.add_template_filter(status_words)
    app.jinja_env.globals.update(current_user=current_user, is_real_mux=settings.is_real_mux, thumbnail=thumbnail)


def status_words(status: Status) -> str:
    """What a status is called on pages."""
    return STATUS_WORDS[status]


def thumbnail(programme: Programme) -> str | None:
    """The address of a still, if there is one that the person who looks may know."""
    return thumbnail_for(signed_in_user(), programme, current_playback_urls(), utc_now())
