"""Where a video plays: the addresses of its stream and pictures, with the tokens that signed ones need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

from flask import current_app

from portal.clock import iso_utc
from portal.config import Settings
from portal.mux.tokens import Audience, TokenMint, end_of_window

HOUR_SECONDS = 60 * 60
DAY_SECONDS = 24 * HOUR_SECONDS
THUMBNAIL = {"width": 640}
ANIMATION = {"width": 320, "fps": 10}
UNCHANGED: Mapping[str, int] = {}
THUMBNAIL_QUERY, ANIMATION_QUERY = urlencode(THUMBNAIL), urlencode(ANIMATION)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """One token for each thing that Mux Player fetches; all None for a public playback id."""

    playback: str | None = None
    thumbnail: str | None = None
    storyboard: str | None = None


NO_TOKENS = Tokens()


@dataclass(frozen=True, kw_only=True)
class Playback:
    """All that a player needs. `expires_at` is None where nothing expires."""

    playback_id: str
    url: str
    poster_url: str
    storyboard_url: str
    tokens: Tokens
    expires_at: datetime | None
    expires_in_seconds: int | None

    def as_json(self) -> dict[str, Any]:
        """As programs are told it."""
        return {
            "url": self.url,
            "playbackId": self.playback_id,
            "posterUrl": self.poster_url,
            "storyboardUrl": self.storyboard_url,
            "tokens": {
                "playback": self.tokens.playback,
                "thumbnail": self.tokens.thumbnail,
                "storyboard": self.tokens.storyboard,
            },
            "expiresAt": iso_utc(self.expires_at),
        }


def current_playback_urls() -> "PlaybackUrls":
    """The addresses of the application at work."""
    return cast("PlaybackUrls", current_app.extensions["playback_urls"])


class PlaybackUrls:
    """Makes addresses; whether somebody may have one is asked of portal.access before."""

    def __init__(self, settings: Settings) -> None:
        self.mint = TokenMint(settings.mux_signing_key) if settings.mux_signing_key else None
        self._names_viewers = settings.names_viewers_in_tokens
        self._margin_seconds = settings.playback_token_seconds
        self._stream_host = "https://stream.mux.com" if settings.is_real_mux else settings.mux_base_url
        self._image_host = "https://image.mux.com" if settings.is_real_mux else settings.mux_base_url

    def playback(
        self, playback_id: str, *, is_signed: bool, duration_seconds: int | None, at: datetime, viewer: str = ""
    ) -> Playback:
        """Everything to watch with, good for the video's length and PLAYBACK_TOKEN_SECONDS more. `viewer`: who asks."""
        tokens, expires_at = NO_TOKENS, None
        if is_signed and self.mint:
            expires = self._end_of_viewing(duration_seconds, at)
            named = viewer if self._names_viewers else ""
            tokens = Tokens(
                playback=self.mint.token(playback_id, Audience.VIDEO, expires, viewer=named),
                thumbnail=self._picture_token(playback_id, Audience.THUMBNAIL, duration_seconds, at),
                storyboard=self._picture_token(playback_id, Audience.STORYBOARD, duration_seconds, at),
            )
            expires_at = datetime.fromtimestamp(expires, UTC)
        return Playback(
            playback_id=playback_id,
            url=_address(f"{self._stream_host}/{playback_id}.m3u8", tokens.playback),
            poster_url=_address(f"{self._image_host}/{playback_id}/thumbnail.webp", tokens.thumbnail),
            storyboard_url=_address(
                f"{self._image_host}/{playback_id}/storyboard.vtt", tokens.storyboard, query="format=webp"
            ),
            tokens=tokens,
            expires_at=expires_at,
            expires_in_seconds=int((expires_at - at).total_seconds()) if expires_at else None,
        )

    def thumbnail_url(
        self, playback_id: str, *, is_signed: bool, at: datetime, duration_seconds: int | None = None
    ) -> str:
        """A still for lists."""
        address = f"{self._image_host}/{playback_id}/thumbnail.webp"
        if not is_signed:
            return _address(address, query=THUMBNAIL_QUERY)
        token = self._picture_token(playback_id, Audience.THUMBNAIL, duration_seconds, at, THUMBNAIL)
        return _address(address, token)

    def animation_url(
        self, playback_id: str, *, is_signed: bool, at: datetime, duration_seconds: int | None = None
    ) -> str:
        """A few seconds as a moving picture."""
        address = f"{self._image_host}/{playback_id}/animated.webp"
        if not is_signed:
            return _address(address, query=ANIMATION_QUERY)
        token = self._picture_token(playback_id, Audience.ANIMATION, duration_seconds, at, ANIMATION)
        return _address(address, token)

    def _picture_token(
        self,
        playback_id: str,
        audience: Audience,
        duration_seconds: int | None,
        at: datetime,
        modifiers: Mapping[str, int] = UNCHANGED,
    ) -> str | None:
        if not self.mint:
            return None
        return self.mint.token(playback_id, audience, self._end_of_pictures(duration_seconds, at), modifiers)

    def _end_of_viewing(self, duration_seconds: int | None, at: datetime) -> int:
        """Epoch seconds, the same for everybody who looks within an hour."""
        window = min(HOUR_SECONDS, max(self._margin_seconds // 2, 1))
        return end_of_window(at, (duration_seconds or 0) + self._margin_seconds, window)

    def _end_of_pictures(self, duration_seconds: int | None, at: datetime) -> int:
        """Epoch seconds, the same for a whole day, so that browsers keep the pictures."""
        least = max(DAY_SECONDS, (duration_seconds or 0) + self._margin_seconds)
        return end_of_window(at, least, DAY_SECONDS)


def _address(place: str, token: str | None = None, query: str = "") -> str:
    """A token has no character to quote."""
    if token is None:
        return f"{place}?{query}" if query else place
    return f"{place}?token={token}&{query}" if query else f"{place}?token={token}"
