"""What every template may use without a view handing it in."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment
from flask_login import current_user

from portal.access import animation_for, thumbnail_for, viewer_here
from portal.clock import utc_now
from portal.config import Settings
from portal.models import Status
from portal.models.programme_row import AnyProgramme
from portal.mux.playback import current_playback_urls

STATUS_WORDS: Mapping[Status, str] = {
    Status.AWAITING_UPLOAD: "Waiting for video",
    Status.PROCESSING: "Processing",
    Status.READY: "Ready",
    Status.ERRORED: "Failed",
}


class TemplateEnvironment(Environment):
    """Jinja's, in which all templates have the same globals.

    Otherwise each has a chain of two mappings, and each import of a macro compares them name by name in Python: a watch
    page has six.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own, unless a template is loaded with globals of its own, which none of ours is."""
        return super().make_globals(d) if d else self.globals


def register_template_context(app: Flask, settings: Settings) -> None:
    """Add the globals.

    `current_user` stays a proxy that asks the database when a template first uses it: error pages use none, and so
    can be shown while the database is away.
    """
    app.add_template_filter(status_words)
    app.jinja_env.globals.update(
        current_user=current_user,
        is_real_mux=settings.is_real_mux,
        is_catalogue_public=settings.public_catalogue,
        membership_url=settings.membership_url,
        sends_mail=settings.mail is not None,
        can_register=settings.registration == "open",
        thumbnail=thumbnail,
        animation=animation,
    )


def status_words(status: Status) -> str:
    """What a status is called on pages."""
    return STATUS_WORDS[status]


def thumbnail(programme: AnyProgramme) -> str | None:
    """The address of a still, if there is one that the person who looks may know."""
    return thumbnail_for(viewer_here(), programme, current_playback_urls(), utc_now())


def animation(programme: AnyProgramme) -> str | None:
    """The address of a few moving seconds, if there are any that the person who looks may know."""
    return animation_for(viewer_here(), programme, current_playback_urls(), utc_now())
