"""Deny by default: whoever is not signed in reaches nothing but what stands in this list."""

from urllib.parse import urlsplit

from flask import Flask, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.errors import wants_json

OPEN_ENDPOINTS = frozenset(
    {
        "static",
        "auth.sign_in",
        "health.is_alive",
        "health.is_ready",
        "webhooks.receive_mux_event",  # Mux's signature is its credential
    }
)
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
    if wants_json():
        abort(401, "Sign in first.")
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=back))
