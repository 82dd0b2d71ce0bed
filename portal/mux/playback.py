"""Where a video plays: addresses of stream, poster and storyboard, and the tokens that signed ones need.

Tokens: RS256 JWT, `sub` the playback id, `aud` v (video), t (thumbnail) or s (storyboard). Mux's Node SDK writes
`kid` into the payload, others into the header; both are set. On a signed address Mux takes no parameter but
`token`: what would be a parameter becomes a claim.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode

import jwt
from flask import current_app

from portal.config import Settings, SigningKey

HOUR_SECONDS = 60 * 60
VIEWING_MARGIN_SECONDS = 2 * HOUR_SECONDS
IMAGE_TOKEN_SECONDS = 24 * HOUR_SECONDS
THUMBNAIL_WIDTH_PIXELS = 640


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """One token for each thing that Mux Player fetches; all None for a public playback id."""

    playback: str | None = None
    thumbnail: str | None = None
    storyboard: str | None = None


@dataclass(frozen=True, kw_only=True)
class Playback:
    """All that a player needs. `expires_at` is None where nothing expires."""

    playback_id: str
    url: str
    poster_url: str
    storyboard_url: str
    tokens: Tokens
    expires_at: datetime | None


def current_playback_urls() -> "PlaybackUrls":
    """The addresses of the application at work."""
    return cast("PlaybackUrls", current_app.extensions["playback_urls"])


class PlaybackUrls:
    """Makes addresses; whether somebody may have one is asked of portal.access before."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.mux_signing_key
        self._stream_host = "https://stream.mux.com" if settings.is_real_mux else settings.mux_base_url
        self._image_host = "https://image.mux.com" if settings.is_real_mux else settings.mux_base_url

    def playback(self, playback_id: str, *, is_signed: bool, duration_seconds: int | None, at: datetime) -> Playback:
        """Everything to watch with, good for the video's length and two hours more."""
        tokens, expires_at = Tokens(), None
        if is_signed and self._key:
            expires = _next_hour(at.timestamp() + (duration_seconds or 0) + VIEWING_MARGIN_SECONDS)
            sign = {aud: _token(self._key, playback_id, aud, expires) for aud in "vts"}
            tokens = Tokens(playback=sign["v"], thumbnail=sign["t"], storyboard=sign["s"])
            expires_at = datetime.fromtimestamp(expires, UTC)
        return Playback(
            playback_id=playback_id,
            url=_with_token(f"{self._stream_host}/{playback_id}.m3u8", tokens.playback),
            poster_url=_with_token(f"{self._image_host}/{playback_id}/thumbnail.webp", tokens.thumbnail),
            storyboard_url=_with_token(
                f"{self._image_host}/{playback_id}/storyboard.vtt", tokens.storyboard, format="webp"
            ),
            tokens=tokens,
            expires_at=expires_at,
        )

    def thumbnail_url(self, playback_id: str, *, is_signed: bool, at: datetime) -> str:
        """A still for lists. The address stays the same for a day, so that browsers keep the image."""
        address = f"{self._image_host}/{playback_id}/thumbnail.webp"
        if not is_signed:
            return f"{address}?width={THUMBNAIL_WIDTH_PIXELS}"
        if not self._key:
            return address
        day = IMAGE_TOKEN_SECONDS
        expires = (int(at.timestamp()) // day + 2) * day
        return _with_token(address, _token(self._key, playback_id, "t", expires, width=THUMBNAIL_WIDTH_PIXELS))


def _with_token(address: str, token: str | None, **parameters: str) -> str:
    query = {"token": token, **parameters} if token else parameters
    return f"{address}?{urlencode(query)}" if query else address


def _next_hour(timestamp: float) -> int:
    """Rounded up, so that everybody who looks within the same hour is served by one token."""
    return (int(timestamp) // HOUR_SECONDS + 1) * HOUR_SECONDS


def _token(key: SigningKey, playback_id: str, audience: str, expires: int, **claims: Any) -> str:
    return _cached_token(key, playback_id, audience, expires, tuple(sorted(claims.items())))


@lru_cache(maxsize=20_000)
def _cached_token(
    key: SigningKey, playback_id: str, audience: str, expires: int, claims: tuple[tuple[str, Any], ...]
) -> str:
    payload = {"sub": playback_id, "aud": audience, "exp": expires, "kid": key.key_id, **dict(claims)}
    return jwt.encode(payload, key.private_key, algorithm="RS256", headers={"kid": key.key_id})
