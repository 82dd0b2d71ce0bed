"""Signatures for the URLs inside playlists and storyboards.

A player resolves those relative to the playlist and loses its `?token=` on the way, so each carries an
expiry of its own, signed with a key that never leaves this server.
"""

import hashlib
import hmac
import secrets
import time
from urllib.parse import urlencode

from flask import request

from local_mux.context import Context
from local_mux.errors import ForbiddenError
from local_mux.models.asset import Asset
from local_mux.models.setting import Setting

MASTER_SECONDS = 24 * 60 * 60
_SETTING = "child_url_key"


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


def _signature(subject: str, purpose: str, expires: int) -> str:
    message = f"{purpose}:{subject}:{expires}".encode()
    return hmac.new(_key(), message, hashlib.sha256).hexdigest()


def _key() -> bytes:
    """Return the server's own key, made on first use."""
    database = Context.current().database
    with database.reading() as session:
        setting = session.get(Setting, _SETTING)
    if setting is None:
        with database.writing() as session:
            setting = session.get(Setting, _SETTING)
            if setting is None:
                setting = Setting(name=_SETTING, value={"hex": secrets.token_hex(32)})
                session.add(setting)
    return bytes.fromhex(setting.value["hex"])
