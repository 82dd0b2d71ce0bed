"""The catalogue and the watch page."""

import uuid

from flask import Blueprint, abort, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.access import Visitor, may_edit, may_watch, playback_for, programme_to_watch, viewer_here, visitor_here
from portal.clock import utc_now
from portal.config import current_settings
from portal.gate import sign_in_first
from portal.headers import allow_video
from portal.kept_pages import part_of_page
from portal.models.catalogue import Filter, featured_then_newest, position_or_none
from portal.models.programme import TAG_MAX_CHARACTERS
from portal.models.programme_row import ProgrammeRow
from portal.mux.playback import current_playback_urls
from portal.renewal import renewed_playback, sign_in_to_go_on

catalogue = Blueprint("catalogue", __name__)

PAGE_SIZE = 24


@catalogue.get("/")
def show_catalogue() -> str:
    asked = request.args.get("tag", "")[:TAG_MAX_CHARACTERS].strip()
    tag = asked if asked.isprintable() else ""
    after = position_or_none(request.args.get("cursor"))

    def programmes() -> str:
        page = featured_then_newest(Filter(tag=tag or None), limit=PAGE_SIZE, after=after)
        return render_template("catalogue/_programmes.html", page=page, tag=tag, is_first_page=after is None)

    part = part_of_page(("catalogue", tag, after), programmes, utc_now())
    return render_template("catalogue/show_catalogue.html", programmes=part, tag=tag)


@catalogue.get("/watch/<uuid:product_id>")
def watch(product_id: uuid.UUID) -> str:
    """The player for whoever may watch; otherwise a page that says why there is none."""
    viewer, at = viewer_here(), utc_now()
    programme = _programme_or_sign_in(product_id)
    is_editor = may_edit(viewer, programme)
    playback = playback_for(viewer, programme, current_playback_urls(), at)
    if playback is None:
        template = "catalogue/not_ready.html" if is_editor else "catalogue/locked.html"
        return render_template(template, programme=programme)
    allow_video()
    return render_template(
        "catalogue/watch.html",
        programme=programme,
        playback=playback,
        may_edit=is_editor,
        described_at=_described_at(programme),
    )


@catalogue.get("/watch/<uuid:product_id>/playback")
def renew_playback(product_id: uuid.UUID) -> Response:
    """What the open page's player needs to go on once its tokens have ended."""
    viewer = viewer_here()
    answer = renewed_playback(viewer, product_id)
    may_go_on = answer.status_code == 200  # noqa: PLR2004
    return sign_in_to_go_on(product_id) if isinstance(viewer, Visitor) and not may_go_on else answer


def _programme_or_sign_in(product_id: uuid.UUID) -> ProgrammeRow:
    """What a visitor is not shown may be there for whoever signs in."""
    try:
        return programme_to_watch(viewer_here(), product_id)
    except NotFound:
        if isinstance(viewer_here(), Visitor):
            abort(sign_in_first())
        raise


def _described_at(programme: ProgrammeRow) -> str | None:
    """The page's own address for other sites that may show the programme, where everybody may watch it there."""
    settings = current_settings()
    if not settings.embed_origins or not may_watch(visitor_here(), programme, utc_now()):
        return None
    return f"{settings.public_url}/watch/{programme.product_id}"
