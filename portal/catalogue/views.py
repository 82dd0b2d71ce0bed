"""The catalogue and the watch page."""

import uuid

from flask import Blueprint, render_template, request

from portal.access import may_edit, playback_for, programme_to_see, signed_in_user
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
    user, at = signed_in_user(), utc_now()
    programme = programme_to_see(user, product_id)
    is_editor = may_edit(user, programme)
    playback = playback_for(user, programme, current_playback_urls(), at)
    if playback is None:
        template = "catalogue/not_ready.html" if is_editor else "catalogue/locked.html"
        return render_template(template, programme=programme)
    allow_video()
    return render_template("catalogue/watch.html", programme=programme, playback=playback, may_edit=is_editor)
