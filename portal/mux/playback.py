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
        """Everything to watch with, good for the video's length and two hours more. `viewer`: who asks."""
        tokens, expires_at = Tokens(), None
        if is_signed and self.mint:
            expires = self._end_of_viewing(duration_seconds, at)
            images = self._end_of_pictures(duration_seconds, at)
            named = viewer if self._names_viewers else ""
            tokens = Tokens(
                playback=self.mint.token(playback_id, Audience.VIDEO, expires, viewer=named),
                thumbnail=self.mint.token(playback_id, Audience.THUMBNAIL, images),
                storyboard=self.mint.token(playback_id, Audience.STORYBOARD, images),
            )
            expires_at = datetime.fromtimestamp(expires, UTC)
        return Playback(
            playback_id=playback_id,
            url=_with_query(f"{self._stream_host}/{playback_id}.m3u8", token=tokens.playback),
            poster_url=_with_query(f"{self._image_host}/{playback_id}/thumbnail.webp", token=tokens.thumbnail),
            storyboard_url=_with_query(
                f"{self._image_host}/{playback_id}/storyboard.vtt", token=tokens.storyboard, format="webp"
            ),
            tokens=tokens,
            expires_at=expires_at,
            expires_in_seconds=int((expires_at - at).total_seconds()) if expires_at else None,
        )

    def thumbnail_url(
        self, playback_id: str, *, is_signed: bool, at: datetime, duration_seconds: int | None = None
    ) -> str:
        """A still for lists."""
        expires = self._end_of_pictures(duration_seconds, at)
        name = f"{playback_id}/thumbnail.webp"
        return self._picture_url(name, Audience.THUMBNAIL, THUMBNAIL, expires, is_signed=is_signed)

    def animation_url(
        self, playback_id: str, *, is_signed: bool, at: datetime, duration_seconds: int | None = None
    ) -> str:
        """A few seconds as a moving picture."""
        expires = self._end_of_pictures(duration_seconds, at)
        name = f"{playback_id}/animated.webp"
        return self._picture_url(name, Audience.ANIMATION, ANIMATION, expires, is_signed=is_signed)

    def _picture_url(
        self, name: str, audience: Audience, modifiers: Mapping[str, int], expires: int, *, is_signed: bool
    ) -> str:
        address = f"{self._image_host}/{name}"
        if not is_signed:
            return _with_query(address, **{key: str(value) for key, value in modifiers.items()})
        if not self.mint:
            return address
        playback_id = name.partition("/")[0]
        return _with_query(address, token=self.mint.token(playback_id, audience, expires, modifiers))

    def _end_of_viewing(self, duration_seconds: int | None, at: datetime) -> int:
        """Epoch seconds, the same for everybody who looks within an hour."""
        window = min(HOUR_SECONDS, max(self._margin_seconds // 2, 1))
        return end_of_window(at, (duration_seconds or 0) + self._margin_seconds, window)

    def _end_of_pictures(self, duration_seconds: int | None, at: datetime) -> int:
        """Epoch seconds, the same for a whole day, so that browsers keep the pictures."""
        least = max(DAY_SECONDS, (duration_seconds or 0) + self._margin_seconds)
        return end_of_window(at, least, DAY_SECONDS)


def _with_query(address: str, **parameters: str | None) -> str:
    query = {name: value for name, value in parameters.items() if value}
    return f"{address}?{urlencode(query)}" if query else address
