"""Links that open nothing: never ours, for something else, used, too old, or void with their account: told alike."""

import hashlib
from http import HTTPStatus

from flask import make_response, render_template
from werkzeug.wrappers import Response

from portal.rate_limits import LINK_USES


def take_link(token: str) -> None:
    """Note that a link is being used; raises TooManyRequests."""
    LINK_USES.take(hashlib.sha256(token.encode()).hexdigest())


def dead_link_page(next_step: str) -> Response:
    """What to do about it: "reset", "registration" or "invitation" was what the link was for."""
    return make_response(render_template("auth/dead_link.html", next_step=next_step), HTTPStatus.NOT_FOUND)
