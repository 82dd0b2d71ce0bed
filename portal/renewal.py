"""Fresh addresses and tokens for a player that stayed open for longer than its own last, or the words to end on."""

import uuid
from dataclasses import asdict, dataclass

from flask import Response, jsonify, url_for

from portal.access import Viewer, Visitor, may_see, playback_for
from portal.clock import utc_now
from portal.errors import problem
from portal.extensions import db
from portal.models import Programme
from portal.models.programme import select_programme
from portal.mux.playback import current_playback_urls


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What to do instead: the words of a link, and where it leads."""

    text: str
    url: str


def renewed_playback(viewer: Viewer, product_id: uuid.UUID) -> Response:
    """What the page's player needs to go on, as JSON; a problem with plain words where access has ended."""
    programme = db.session.scalar(select_programme(product_id))
    if programme is None or not may_see(viewer, programme):
        return _gone(viewer)
    playback = playback_for(viewer, programme, current_playback_urls(), utc_now())
    if playback is None:
        return _locked(viewer, programme)
    return jsonify({"playback": playback.as_json(), "expiresIn": playback.expires_in_seconds})


def sign_in_to_go_on(product_id: uuid.UUID) -> Response:
    """For a page whose session has ended, or whose visitor was never signed in."""
    back = url_for("catalogue.watch", product_id=product_id)
    step = NextStep(text="Sign in", url=url_for("auth.sign_in", next=back))
    return _end(401, "You are signed out, so the video has stopped. Sign in to go on.", step)


def _gone(viewer: Viewer) -> Response:
    words = "This programme is not available any more."
    if isinstance(viewer, Visitor):
        return _end(404, words)
    return _end(404, words, NextStep(text="Other programmes", url=url_for("catalogue.show_catalogue")))


def _locked(viewer: Viewer, programme: Programme) -> Response:
    page = url_for("catalogue.watch", product_id=programme.product_id)
    if not programme.is_playable:
        return _end(403, "This video can’t be played any more.", NextStep(text="See why", url=page))
    if isinstance(viewer, Visitor):
        return _end(403, "The link to this video has ended. Reload the page that it is on.")
    words = "This programme is for members, and your access to it has ended."
    return _end(403, words, NextStep(text="How to become a member", url=page))


def _end(status: int, words: str, next_step: NextStep | None = None) -> Response:
    return problem(status, words, next=asdict(next_step) if next_step else None)
