"""A programme in a frame on another site. No account and no cookie counts here: only a signed link may open more."""

import uuid

from flask import Blueprint, abort, jsonify, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access import Visitor, may_see, may_watch, playback_for, visitor_here
from portal.clock import utc_now
from portal.config import current_settings
from portal.embed.oembed import oembed_of, product_id_in
from portal.embed_links import read_embed_link
from portal.errors import problem
from portal.extensions import db
from portal.headers import allow_framing, allow_video
from portal.models.programme import select_programme
from portal.mux.playback import current_playback_urls
from portal.renewal import renewed_playback

embed = Blueprint("embed", __name__)

PIXELS_MAX_DIGITS = 5


@embed.before_request
def _only_for_named_sites() -> None:
    if not current_settings().embed_origins:
        abort(404)


@embed.get("/embed/<uuid:product_id>")
def show_player(product_id: uuid.UUID) -> Response:
    """Nothing but the player; or why there is none, in words for whoever looks at the other site."""
    allow_framing()
    visitor = _visitor_with_link(product_id)
    programme = db.session.scalar(select_programme(product_id))
    if programme is None or not may_see(visitor, programme):
        return make_response(render_template("embed/gone.html"), 404)
    playback = playback_for(visitor, programme, current_playback_urls(), utc_now())
    if playback is None:
        return make_response(render_template("embed/locked.html", programme=programme))
    allow_video()
    renewed_at = url_for("embed.renew_playback", product_id=product_id, token=request.args.get("token"))
    page = render_template(
        "embed/show_player.html",
        programme=programme,
        playback=playback,
        renewed_at=renewed_at,
        viewer_id=visitor.named,
    )
    return make_response(page)


@embed.get("/embed/<uuid:product_id>/playback")
def renew_playback(product_id: uuid.UUID) -> Response:
    """What the frame's player needs to go on once its tokens have ended; the link must still hold."""
    return renewed_playback(_visitor_with_link(product_id), product_id)


@embed.get("/oembed")
def describe() -> Response:
    """OEmbed: how to show one of our addresses, for what everybody may watch."""
    if request.args.get("format", "json") != "json":
        return problem(501, "This is told in JSON alone: ask with format=json.")
    wanted = [_pixels(request.args.get(name, "")) for name in ("maxwidth", "maxheight")]
    product_id = product_id_in(request.args.get("url", ""))
    programme = db.session.scalar(select_programme(product_id)) if product_id else None
    if programme is None or not may_see(visitor_here(), programme):
        return problem(404, "There is no programme at this address that everybody may see.")
    if not may_watch(visitor_here(), programme, utc_now()):
        return problem(401, "This programme is for members.")
    return jsonify(oembed_of(programme, max_width=wanted[0], max_height=wanted[1]))


def _visitor_with_link(product_id: uuid.UUID) -> Visitor:
    link = read_embed_link(request.args.get("token", ""), product_id, utc_now())
    return visitor_here(linked_to=link.product_id, named=link.viewer) if link else visitor_here()


def _pixels(value: str) -> int | None:
    """A number of pixels; whatever is none sets no limit."""
    is_number = value.isascii() and value.isdecimal() and len(value) <= PIXELS_MAX_DIGITS
    return int(value) or None if is_number else None
