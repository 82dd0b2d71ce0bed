"""Playback tokens: JWTs that the portal signs and this server checks (mux-contract, signed playback)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from local_mux.context import Context
from local_mux.errors import ForbiddenError
from local_mux.models.signing_key import SigningKey

STREAM = "v"
THUMBNAIL = "t"
STORYBOARD = "s"
ANIMATION = "g"


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
    public_key_pem = _public_key(_key_id(text))
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
    if claims["sub"] != playback_id:
        raise ForbiddenError("The playback token is for another playback id.")
    return Token(expires=int(claims["exp"]), claims=claims)


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
    with context.database.reading() as session:
        key = session.get(SigningKey, key_id)
    if key is None:
        raise ForbiddenError("The playback token is signed with an unknown key.")
    return key.public_key_pem
