"""Deny by default: whoever is not signed in reaches nothing but what stands in this list."""

from urllib.parse import urlsplit

from flask import Flask, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.config import current_settings
from portal.errors import wants_json

OPEN_ENDPOINTS = frozenset(
    {
        "static",
        "auth.sign_in",
        "auth.register",
        "auth.ask_for_new_password",
        # A link's signature is its credential.
        "auth.show_confirmation",
        "auth.confirm",
        "auth.show_reset",
        "auth.choose_new_password",
        "auth.show_invitation",
        "auth.accept",
        "health.is_alive",
        "health.is_ready",
        "webhooks.receive_mux_event",  # Mux's signature is its credential
        # These ask portal.access about a visitor, whom a signed link may open a programme for.
        "catalogue.renew_playback",
        "embed.show_player",
        "embed.renew_playback",
        "embed.describe",
    }
)
# With PUBLIC_CATALOGUE, visitors come here too; what they may see is again for portal.access to say.
PUBLIC_ENDPOINTS = frozenset({"catalogue.show_catalogue", "catalogue.watch"})
# Every view of these asks for a bearer token itself, but for the one that hands tokens out; a test holds it.
TOKEN_BLUEPRINTS = frozenset({"api", "api_prefixed"})


def register_gate(app: Flask) -> None:
    """Ask everybody who comes to a page to sign in first."""
    app.before_request(_require_sign_in)


def is_own_path(target: str | None) -> bool:
    """Whether an address to go back to is a path of ours, and not somewhere that only looks like one."""
    if not target or not target.startswith("/") or "\\" in target or not target.isprintable():
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc and not target.startswith("//")


def _require_sign_in() -> Response | None:
    if request.endpoint is None or request.endpoint in OPEN_ENDPOINTS or request.blueprint in TOKEN_BLUEPRINTS:
        return None
    if current_user.is_authenticated:
        return None
    if request.endpoint in PUBLIC_ENDPOINTS and current_settings().public_catalogue:
        return None
    if wants_json():
        abort(401, "Sign in first.")
    return sign_in_first()


def sign_in_first() -> Response:
    """Lead to the sign-in page, and from there back to the page that was asked for."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=back))
