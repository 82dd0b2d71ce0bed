"""Addresses to play from, and the tokens that signed ones need: checked with the public key, as Mux does it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from portal.config import SigningKey
from portal.mux.playback import PlaybackUrls, Tokens
from tests.clock import NOON
from tests.mux.conftest import settings_for
from tests.signing import PRIVATE_KEY_IN_BASE64, PUBLIC_KEY

REAL, LOCAL = "https://api.mux.com", "http://127.0.0.1:8001"
HOUR = timedelta(hours=1)


def test_a_public_video_plays_by_its_id_alone() -> None:
    playback = urls(REAL).playback("pb01", is_signed=False, duration_seconds=60, at=NOON)

    assert playback.url == "https://stream.mux.com/pb01.m3u8"
    assert playback.poster_url == "https://image.mux.com/pb01/thumbnail.webp"
    assert playback.storyboard_url == "https://image.mux.com/pb01/storyboard.vtt?format=webp"
    assert (playback.tokens, playback.expires_at) == (Tokens(), None)


def test_a_stand_in_for_mux_serves_everything_from_its_one_address() -> None:
    playback = urls(LOCAL).playback("pb01", is_signed=False, duration_seconds=60, at=NOON)

    for address in (playback.url, playback.poster_url, playback.storyboard_url):
        assert address.startswith(f"{LOCAL}/pb01")


def test_a_signed_video_has_one_token_for_each_thing_that_the_player_fetches() -> None:
    playback = urls(REAL, is_signing=True).playback("pb01", is_signed=True, duration_seconds=60, at=NOON)

    tokens = playback.tokens
    for token, audience in ((tokens.playback, "v"), (tokens.thumbnail, "t"), (tokens.storyboard, "s")):
        assert claims_of(token, audience) == {
            "sub": "pb01",
            "aud": audience,
            "kid": "key-1",
            "exp": int((NOON + 3 * HOUR).timestamp()),
        }
        assert jwt.get_unverified_header(str(token)) == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
    assert playback.url == f"https://stream.mux.com/pb01.m3u8?token={tokens.playback}"
    assert playback.poster_url == f"https://image.mux.com/pb01/thumbnail.webp?token={tokens.thumbnail}"
    assert playback.storyboard_url.endswith(f"/pb01/storyboard.vtt?token={tokens.storyboard}&format=webp")


def test_a_token_for_one_thing_opens_no_other() -> None:
    token = urls(REAL, is_signing=True).playback("pb01", is_signed=True, duration_seconds=1, at=NOON).tokens.playback

    with pytest.raises(jwt.InvalidAudienceError):
        claims_of(token, "t")


@pytest.mark.parametrize(
    ("at", "duration_seconds", "expires"),
    [
        (NOON, 0, NOON + 3 * HOUR),
        (NOON, None, NOON + 3 * HOUR),
        (NOON + timedelta(minutes=59), 0, NOON + 3 * HOUR),
        (NOON, 5 * 3600, NOON + 8 * HOUR),
        (NOON, 12 * 3600 - 1, NOON + 14 * HOUR),
    ],
)
def test_a_token_outlasts_the_viewing_by_two_hours_and_is_the_same_for_all_who_look_within_an_hour(
    at: datetime, duration_seconds: int | None, expires: datetime
) -> None:
    playback = urls(REAL, is_signing=True).playback("pb01", is_signed=True, duration_seconds=duration_seconds, at=at)

    assert playback.expires_at == expires
    assert claims_of(playback.tokens.playback, "v")["exp"] == int(expires.timestamp())
    assert playback.expires_at >= at + timedelta(seconds=duration_seconds or 0) + 2 * HOUR


def test_a_still_of_a_public_video_is_asked_for_in_the_size_that_is_shown() -> None:
    assert urls(REAL).thumbnail_url("pb01", is_signed=False, at=NOON).endswith("/pb01/thumbnail.webp?width=640")


def test_a_still_of_a_signed_video_has_its_size_in_the_token_since_mux_takes_no_other_parameter() -> None:
    address = urls(REAL, is_signing=True).thumbnail_url("pb01", is_signed=True, at=NOON)

    parameters = parse_qs(urlsplit(address).query)
    assert list(parameters) == ["token"]
    claims = claims_of(parameters["token"][0], "t")
    assert (claims["sub"], claims["width"]) == ("pb01", 640)
    assert datetime.fromtimestamp(claims["exp"], UTC) - NOON > timedelta(days=1)


def test_a_still_s_address_stays_the_same_for_a_day_so_that_browsers_keep_it() -> None:
    signing = urls(REAL, is_signing=True)
    midnight = NOON.replace(hour=0)

    first, last, next_day = (
        signing.thumbnail_url("pb01", is_signed=True, at=midnight + after)
        for after in (timedelta(0), timedelta(hours=23, minutes=59), timedelta(days=1))
    )

    assert first == last != next_day


def test_a_video_that_was_signed_before_the_key_was_taken_away_gets_no_invented_token() -> None:
    playback = urls(REAL).playback("pb01", is_signed=True, duration_seconds=60, at=NOON)

    assert (playback.tokens, playback.expires_at) == (Tokens(), None)
    assert "token" not in urls(REAL).thumbnail_url("pb01", is_signed=True, at=NOON)


def urls(mux_base_url: str, *, is_signing: bool = False) -> PlaybackUrls:
    pair = {"MUX_SIGNING_KEY": "key-1", "MUX_PRIVATE_KEY": PRIVATE_KEY_IN_BASE64} if is_signing else {}
    settings = settings_for(mux_base_url, **pair)
    assert isinstance(settings.mux_signing_key, SigningKey) is is_signing
    return PlaybackUrls(settings)


def claims_of(token: str | None, audience: str) -> dict[str, Any]:
    """What Mux would read; the time is the tests' own, so that it is not held against the token."""
    return jwt.decode(str(token), PUBLIC_KEY, algorithms=["RS256"], audience=audience, options={"verify_exp": False})
