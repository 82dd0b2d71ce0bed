"""Tokens for signed playback ids: RS256 JWTs that Mux checks with the public half of the signing key.

`sub` is the playback id; `aud` v (video), t (thumbnail), s (storyboard) or g (animated preview). Mux's Node SDK
writes `kid` into the payload, others into the header; both are set. On a signed address Mux takes no parameter but
`token`: what would be a parameter becomes a claim.
"""

import enum
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import jwt

from portal.config import SigningKey

KEPT_TOKENS = 8192  # about a kilobyte each
NONE: Mapping[str, Any] = {}


class Audience(enum.StrEnum):
    """What a token opens; it opens nothing else."""

    VIDEO = "v"
    THUMBNAIL = "t"
    STORYBOARD = "s"
    ANIMATION = "g"


class TokenMint:
    """Makes tokens, and hands out the same one for the same thing: making one takes a millisecond of computing."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self._kept = lru_cache(maxsize=KEPT_TOKENS)(self._make)
        self.count_made = 0

    def token(
        self, playback_id: str, audience: Audience, expires: int, claims: Mapping[str, Any] = NONE, viewer: str = ""
    ) -> str:
        """A token until `expires` (epoch seconds). `viewer` is who it is made for, if that is to stand in it."""
        return self._kept(playback_id, audience, expires, tuple(sorted(claims.items())), viewer)

    def _make(
        self, playback_id: str, audience: Audience, expires: int, claims: tuple[tuple[str, Any], ...], viewer: str
    ) -> str:
        self.count_made += 1
        payload = {"sub": playback_id, "aud": audience.value, "exp": expires, "kid": self._key.key_id, **dict(claims)}
        if viewer:
            payload["custom"] = {"viewer_id": viewer}
        return jwt.encode(payload, self._key.private_key, algorithm="RS256", headers={"kid": self._key.key_id})


def end_of_window(at: datetime, least_seconds: int, window_seconds: int) -> int:
    """When a token ends that is good for at least so long: the same for all who ask within one window."""
    return ((int(at.timestamp()) + least_seconds) // window_seconds + 1) * window_seconds
