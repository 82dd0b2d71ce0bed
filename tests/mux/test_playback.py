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
DAY_AFTER_NEXT = int((NOON.replace(hour=0) + timedelta(days=2)).timestamp())


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
    signing = urls(REAL, is_signing=True)
    playback = signing.playback("pb01", is_signed=True, duration_seconds=60, at=NOON)
    animation_url = signing.animation_url("pb01", is_signed=True, duration_seconds=60, at=NOON)

    tokens = playback.tokens
    animation = parse_qs(urlsplit(animation_url).query)["token"][0]
    for token, audience, claims in (
        (tokens.playback, "v", {"exp": int((NOON + 3 * HOUR).timestamp())}),
        (tokens.thumbnail, "t", {"exp": DAY_AFTER_NEXT}),
        (tokens.storyboard, "s", {"exp": DAY_AFTER_NEXT}),
        (animation, "g", {"exp": DAY_AFTER_NEXT, "width": 320, "fps": 10}),
    ):
        assert claims_of(token, audience) == {"sub": "pb01", "aud": audience, "kid": "key-1", **claims}
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


@pytest.mark.parametrize("duration_seconds", [0, 754, 23 * 3600, 50 * 3600])
def test_a_picture_s_token_outlasts_the_viewing_too(duration_seconds: int) -> None:
    playback = urls(REAL, is_signing=True).playback("pb01", is_signed=True, duration_seconds=duration_seconds, at=NOON)

    least = (NOON + timedelta(seconds=duration_seconds) + 2 * HOUR).timestamp()
    for token, audience in ((playback.tokens.thumbnail, "t"), (playback.tokens.storyboard, "s")):
        assert claims_of(token, audience)["exp"] > least


def test_the_same_token_is_handed_out_again_without_making_it_anew() -> None:
    signing = urls(REAL, is_signing=True)
    assert signing.mint

    first = signing.playback("pb01", is_signed=True, duration_seconds=60, at=NOON)
    made = signing.mint.count_made
    second = signing.playback("pb01", is_signed=True, duration_seconds=60, at=NOON + timedelta(minutes=58))

    assert (first.url, first.poster_url, first.storyboard_url) == (second.url, second.poster_url, second.storyboard_url)
    assert (made, signing.mint.count_made) == (3, 3)


def test_tokens_that_are_kept_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.mux.tokens.KEPT_TOKENS", 2)
    signing = urls(REAL, is_signing=True)
    assert signing.mint

    for playback_id in ("pb01", "pb02", "pb03", "pb01"):
        signing.thumbnail_url(playback_id, is_signed=True, at=NOON)

    assert signing.mint.count_made == 4


def test_who_watches_stands_in_the_player_s_token_alone_and_only_where_that_is_wanted() -> None:
    for variables, expected in (({}, None), ({"PLAYBACK_TOKEN_VIEWER": "true"}, {"viewer_id": "user:7"})):
        signing = urls(REAL, is_signing=True, **variables)
        playback = signing.playback("pb01", is_signed=True, duration_seconds=1, at=NOON, viewer="user:7")

        assert claims_of(playback.tokens.playback, "v").get("custom") == expected
        assert "custom" not in claims_of(playback.tokens.thumbnail, "t")


@pytest.mark.parametrize(("seconds", "longest"), [(1, 2), (4, 6), (600, 900), (7200, 10800), (86400, 90000)])
def test_how_long_tokens_last_can_be_set(seconds: int, longest: int) -> None:
    signing = urls(REAL, is_signing=True, PLAYBACK_TOKEN_SECONDS=str(seconds))

    playback = signing.playback("pb01", is_signed=True, duration_seconds=None, at=NOON)

    assert playback.expires_in_seconds is not None
    assert seconds <= playback.expires_in_seconds <= longest


def test_a_video_that_was_signed_before_the_key_was_taken_away_gets_no_invented_token() -> None:
    playback = urls(REAL).playback("pb01", is_signed=True, duration_seconds=60, at=NOON)

    assert (playback.tokens, playback.expires_at) == (Tokens(), None)
    assert "token" not in urls(REAL).thumbnail_url("pb01", is_signed=True, at=NOON)


def urls(mux_base_url: str, *, is_signing: bool = False, **variables: str) -> PlaybackUrls:
    pair = {"MUX_SIGNING_KEY": "key-1", "MUX_PRIVATE_KEY": PRIVATE_KEY_IN_BASE64} if is_signing else {}
    settings = settings_for(mux_base_url, **pair, **variables)
    assert isinstance(settings.mux_signing_key, SigningKey) is is_signing
    return PlaybackUrls(settings)


def claims_of(token: str | None, audience: str) -> dict[str, Any]:
    """What Mux would read; the time is the tests' own, so that it is not held against the token."""
    return jwt.decode(str(token), PUBLIC_KEY, algorithms=["RS256"], audience=audience, options={"verify_exp": False})
