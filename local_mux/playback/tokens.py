"""Playback tokens: JWTs that the portal signs and this server checks (mux-contract, signed playback)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt

from local_mux.context import Context
from local_mux.errors import ForbiddenError
from local_mux.models.signing_key import SigningKey

STREAM = "v"
THUMBNAIL = "t"
STORYBOARD = "s"
ANIMATION = "g"
REMEMBERED_TOKENS = 5_000


@dataclass(frozen=True)
class Token:
    """A token that was found good."""

    expires: int
    """Epoch seconds."""
    claims: Mapping[str, Any]


def check_token(text: str, playback_id: str, audience: str) -> Token:
    """Check signature, subject, audience and expiry.

    :raises ForbiddenError: saying which of them is wrong.
    """
    token = _verified(text, _public_key(_key_id(text)), audience)
    if token.claims["sub"] != playback_id:
        raise ForbiddenError("The playback token is for another playback id.")
    if token.expires <= time.time():
        raise ForbiddenError("The playback token is not valid: Signature has expired")
    return token


@lru_cache(maxsize=REMEMBERED_TOKENS)
def _verified(text: str, public_key_pem: str, audience: str) -> Token:
    """Check all that stays as it is; a token that was good once is remembered."""
    try:
        claims = jwt.decode(
            text,
            public_key_pem,
            algorithms=["RS256"],
            audience=audience,
            options={"require": ["exp", "sub", "aud"]},
        )
    except jwt.InvalidTokenError as error:
        raise ForbiddenError(f"The playback token is not valid: {error}") from error
    return Token(expires=int(claims["exp"]), claims=claims)


@lru_cache(maxsize=REMEMBERED_TOKENS)
def _key_id(text: str) -> str:
    """Return the key id from the header, or from the payload, where Mux's Node SDK puts it."""
    try:
        parts = jwt.decode_complete(text, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise ForbiddenError("The playback token is malformed.") from error
    return str(parts["header"].get("kid") or parts["payload"].get("kid") or "")


def _public_key(key_id: str) -> str:
    context = Context.current()
    configured = context.settings.signing
    if configured and configured.key_id == key_id:
        return configured.public_key_pem
    key = context.database.remembered(("signing key", key_id), lambda session: session.get(SigningKey, key_id))
    if key is None:
        raise ForbiddenError("The playback token is signed with an unknown key.")
    return key.public_key_pem
