"""The catalogue and the watch page."""

import uuid

from flask import Blueprint, render_template, request

from portal.access import may_edit, may_watch, programme_to_see, signed_in_user
from portal.clock import utc_now
from portal.headers import allow_video
from portal.models.catalogue import Filter, featured_then_newest, position_or_none
from portal.models.programme import TAG_MAX_CHARACTERS
from portal.mux.playback import current_playback_urls

catalogue = Blueprint("catalogue", __name__)

PAGE_SIZE = 24


@catalogue.get("/")
def show_catalogue() -> str:
    asked = request.args.get("tag", "")[:TAG_MAX_CHARACTERS].strip()
    tag = asked if asked.isprintable() else ""
    after = position_or_none(request.args.get("cursor"))
    page = featured_then_newest(Filter(tag=tag or None), limit=PAGE_SIZE, after=after)
    return render_template("catalogue/show_catalogue.html", page=page, tag=tag, is_first_page=after is None)


@catalogue.get("/watch/<uuid:product_id>")
def watch(product_id: uuid.UUID) -> str:
    """The player for whoever may watch; otherwise a page that says why there is none."""
    programme, at = programme_to_see(signed_in_user(), product_id), utc_now()
    may_be_edited = may_edit(signed_in_user(), programme)
    if not may_watch(signed_in_user(), programme, at) or programme.mux_playback_id is None:
        template = "catalogue/not_ready.html" if may_be_edited else "catalogue/locked.html"
        return render_template(template, programme=programme)
    allow_video()
    playback = current_playback_urls().playback(
        programme.mux_playback_id,
        is_signed=programme.is_signed,
        duration_seconds=programme.duration_seconds,
        at=at,
    )
    return render_template("catalogue/watch.html", programme=programme, playback=playback, may_edit=may_be_edited)
