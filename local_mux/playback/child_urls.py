"""Signatures for the URLs inside playlists and storyboards.

A player resolves those relative to the playlist and loses its `?token=` on the way, so each carries an
expiry of its own, signed with a key that never leaves this server.
"""

import hmac
import time
from urllib.parse import urlencode

from flask import request

from local_mux.context import Context
from local_mux.errors import ForbiddenError
from local_mux.models.asset import Asset

MASTER_SECONDS = 24 * 60 * 60


def signed_query(subject: str, purpose: str, expires: int) -> str:
    """Return `?expires=…&signature=…` that opens the children of one playback id, for one purpose."""
    return "?" + urlencode({"expires": expires, "signature": _signature(subject, purpose, expires)})


def has_signature() -> bool:
    """Tell whether the request claims to come from inside a playlist or storyboard."""
    return "signature" in request.args


def check_signature(subject: str, purpose: str) -> int:
    """Check the request's signature and return until when it holds, in epoch seconds.

    :raises ForbiddenError: if it is missing, not ours, or too old.
    """
    expires_text = request.args.get("expires", "")
    if not (expires_text.isascii() and expires_text.isdigit()):
        raise ForbiddenError("This URL is not signed.")
    expires = int(expires_text)
    expected = _signature(subject, purpose, expires)
    if not hmac.compare_digest(request.args.get("signature", "").encode(), expected.encode()):
        raise ForbiddenError("The signature of this URL is not valid.")
    if expires <= time.time():
        raise ForbiddenError("This URL has expired.")
    return expires


def master_url(asset: Asset) -> str:
    """Return the URL of an asset's master file, good for a day."""
    query = signed_query(asset.id, "master", int(time.time()) + MASTER_SECONDS)
    return f"{Context.current().settings.public_url}/master/{asset.id}.mp4{query}"


def signature_of(key: bytes, subject: str, purpose: str, expires: int) -> str:
    """Return what stands as `signature` in a child's URL."""
    return hmac.digest(key, f"{purpose}:{subject}:{expires}".encode(), "sha256").hex()


def _signature(subject: str, purpose: str, expires: int) -> str:
    return signature_of(Context.current().child_url_key, subject, purpose, expires)
