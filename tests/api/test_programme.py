"""How a programme is told, to whom, and what a change changes."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask import Flask

from portal.config import Settings
from portal.models import Status
from tests.callers import EVERYBODY, Api, Shelf, fields_of, problem_of
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.signing import PUBLIC_KEY, SIGNING_KEY

FOR_ALL = {
    "productId",
    "title",
    "description",
    "status",
    "isPublished",
    "isPremium",
    "isFeatured",
    "duration",
    "tags",
    "thumbnailUrl",
    "coach",
    "publishedAt",
    "createdAt",
    "updatedAt",
}
FOR_OWNER_AND_ADMINS = FOR_ALL | {"muxAssetId", "muxPlaybackId", "error"}
IN_DETAIL = {"playback", "locked"}
WITH_MORE = ("owner", "admin")
UNPUBLISHED: dict[str, Any] = {"is_published": False, "published_at": None}
ISO_IN_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_owner_and_admins_are_told_more_than_the_others(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add()

    for who in EVERYBODY:
        keys = FOR_OWNER_AND_ADMINS if who in WITH_MORE else FOR_ALL
        assert set(api.get(f"/programme/{product_id}", by=who).get_json()) == keys | IN_DETAIL
        assert set(api.get("/programme", by=who).get_json()["items"][0]) == keys
    assert set(api.patch("/programme/metadata", {"productId": product_id}).get_json()) == FOR_OWNER_AND_ADMINS


def test_a_programme_in_full(api: Api, shelf: Shelf, cast: Cast) -> None:
    product_id = shelf.add(
        title="Breathing",
        description="Slowly.\nIn and out.",
        tags=["calm", "breath"],
        is_featured=True,
        published_at=NOON,
        mux_asset_id="as01",
        mux_playback_id="pb01",
    )

    assert api.get(f"/programme/{product_id}").get_json() == {
        "productId": product_id,
        "title": "Breathing",
        "description": "Slowly.\nIn and out.",
        "status": "ready",
        "isPublished": True,
        "isPremium": False,
        "isFeatured": True,
        "duration": 754,
        "tags": ["calm", "breath"],
        "thumbnailUrl": "http://mux.test:8001/pb01/thumbnail.webp?width=640",
        "coach": {"id": cast.owner.id, "name": "Olive Owner"},
        "publishedAt": "2026-03-02T12:00:00.000Z",
        "createdAt": "2026-03-02T12:00:00.000Z",
        "updatedAt": "2026-03-02T12:00:00.000Z",
        "muxAssetId": "as01",
        "muxPlaybackId": "pb01",
        "error": None,
        "playback": {
            "url": "http://mux.test:8001/pb01.m3u8",
            "playbackId": "pb01",
            "posterUrl": "http://mux.test:8001/pb01/thumbnail.webp",
            "storyboardUrl": "http://mux.test:8001/pb01/storyboard.vtt?format=webp",
            "tokens": {"playback": None, "thumbnail": None, "storyboard": None},
            "expiresAt": None,
        },
        "locked": False,
    }


@pytest.mark.parametrize("status", [Status.AWAITING_UPLOAD, Status.PROCESSING, Status.ERRORED])
def test_a_programme_without_a_video_has_nothing_to_play(api: Api, shelf: Shelf, status: Status) -> None:
    body = api.get(f"/programme/{shelf.add(status)}").get_json()

    assert body["status"] == status.value
    for name in ("duration", "thumbnailUrl", "publishedAt", "playback"):
        assert body[name] is None
    assert (body["isPublished"], body["locked"]) == (False, True)


def test_what_went_wrong_is_told_to_owner_and_admins(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add(Status.ERRORED)

    for who in WITH_MORE:
        assert api.get(f"/programme/{product_id}", by=who).get_json()["error"] == {
            "type": "invalid_input",
            "message": "The input file was not a valid video or audio file.",
        }


def test_times_are_utc_to_the_millisecond_and_say_so(api: Api, shelf: Shelf) -> None:
    moment = datetime(2026, 3, 2, 23, 59, 59, 999_999, tzinfo=UTC)
    body = api.get(f"/programme/{shelf.add(at=moment, published_at=moment)}").get_json()

    for name in ("publishedAt", "createdAt", "updatedAt"):
        assert ISO_IN_UTC.fullmatch(body[name])
        assert body[name] == "2026-03-02T23:59:59.999Z"


@pytest.mark.parametrize(
    ("values", "may_watch"),
    [
        ({}, {"owner", "admin", "other_coach", "viewer", "member"}),
        ({"is_premium": True}, {"owner", "admin", "member"}),
        (UNPUBLISHED, {"owner", "admin"}),
        ({"is_premium": True, **UNPUBLISHED}, {"owner", "admin"}),
    ],
)
def test_the_means_to_play_are_given_to_whoever_may_watch(
    api: Api, shelf: Shelf, values: dict[str, Any], may_watch: set[str]
) -> None:
    product_id = shelf.add(mux_playback_id="pb01", **values)

    for who in EVERYBODY:
        body = api.get(f"/programme/{product_id}", by=who).get_json()
        if who in may_watch:
            assert (body["playback"]["playbackId"], body["locked"]) == ("pb01", False)
        elif "locked" in body:
            assert (body["playback"], body["locked"]) == (None, True)


def test_membership_opens_premium_until_its_last_second(api: Api, shelf: Shelf, clock: StoppedClock) -> None:
    product_id = shelf.add(is_premium=True)

    clock.at = NOON + timedelta(days=30, seconds=-1)
    assert api.get(f"/programme/{product_id}", by="member").get_json()["playback"] is not None
    clock.advance(seconds=1)
    assert api.get(f"/programme/{product_id}", by="member").get_json()["playback"] is None


def test_a_public_playback_id_is_not_given_away_where_it_would_open_premium(api: Api, shelf: Shelf) -> None:
    """Without a signing key whoever knows the id can play the video; a still's address would tell it."""
    product_id = shelf.add(is_premium=True, mux_playback_id="pb01secret")

    for who, is_told in {"viewer": False, "other_coach": False, "member": True, "owner": True}.items():
        for path in (f"/programme/{product_id}", "/programme"):
            assert ("pb01secret" in api.get(path, by=who).get_data(as_text=True)) is is_told


def test_a_patch_changes_the_named_fields_and_no_other(api: Api, shelf: Shelf, clock: StoppedClock) -> None:
    product_id = shelf.add(title="Old", description="Old.", tags=["old"], is_premium=True)
    before = api.get(f"/programme/{product_id}").get_json()
    later = clock.advance(minutes=5)

    changes = {
        "title": "New",
        "description": "New.",
        "tags": ["new"],
        "isPremium": False,
        "isFeatured": True,
        "isPublished": False,
    }
    expected = dict(before)
    for name, value in changes.items():
        response = api.patch("/programme/metadata", {"productId": product_id, name: value})
        expected |= {name: value, "updatedAt": later.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        assert response.status_code == 200
        assert api.get(f"/programme/{product_id}").get_json() == expected | {
            name: response.get_json().get(name, expected[name]) for name in ("playback", "locked")
        }


def test_a_patch_that_names_nothing_changes_nothing(api: Api, shelf: Shelf, clock: StoppedClock) -> None:
    product_id = shelf.add()
    before = api.get(f"/programme/{product_id}").get_json()
    clock.advance(minutes=5)

    assert api.patch("/programme/metadata", {"productId": product_id}).status_code == 200
    assert api.get(f"/programme/{product_id}").get_json() == before


def test_words_are_tidied_and_otherwise_kept_to_the_letter(api: Api, shelf: Shelf) -> None:
    body = {
        "productId": shelf.add(),
        "title": "  <b>Breathing</b>\t&  “calm” 🫁  ",
        "description": "  One.\r\n\r\n  Two. <script>alert(1)</script>\n",
        "tags": [" Calm ", "CALM", "", "  ", "Deep   Breath", "ÜBUNG", "calm"],
    }

    changed = api.patch("/programme/metadata", body).get_json()

    assert changed["title"] == "<b>Breathing</b> & “calm” 🫁"
    assert changed["description"] == "One.\n\n  Two. <script>alert(1)</script>"
    assert changed["tags"] == ["calm", "deep breath", "übung"]


def test_empty_words_are_taken_where_they_make_sense(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add(description="Old.", tags=["old"])

    changed = api.patch("/programme/metadata", {"productId": product_id, "description": "", "tags": []}).get_json()

    assert (changed["description"], changed["tags"]) == ("", [])


def test_all_broken_fields_are_told_at_once_and_nothing_is_changed(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add(title="Old")
    before = api.get(f"/programme/{product_id}").get_json()
    body = {
        "productId": product_id,
        "title": " ",
        "description": "d" * 10_001,
        "tags": "calm",
        "isPremium": "yes",
        "isFeatured": None,
        "isPublished": 1,
        "status": "ready",
        "muxAssetId": "stolen",
        "is_premium": True,
    }

    response = api.patch("/programme/metadata", body)

    assert set(fields_of(response)) == set(body) - {"productId"}
    assert api.get(f"/programme/{product_id}").get_json() == before


@pytest.mark.parametrize("status", [Status.AWAITING_UPLOAD, Status.PROCESSING, Status.ERRORED])
def test_what_can_not_be_played_can_not_be_published_and_the_rest_of_the_change_is_not_made_either(
    api: Api, shelf: Shelf, status: Status
) -> None:
    product_id = shelf.add(status, title="Old")

    response = api.patch("/programme/metadata", {"productId": product_id, "title": "New", "isPublished": True})

    assert problem_of(response, 409)["detail"] == "A programme can be published once its video is ready."
    assert shelf.row(product_id).title == "Old"


def test_publishing_again_keeps_the_first_date(api: Api, shelf: Shelf, clock: StoppedClock) -> None:
    product_id = shelf.add(published_at=NOON)
    clock.advance(days=1)

    withdrawn = api.patch("/programme/metadata", {"productId": product_id, "isPublished": False}).get_json()
    assert (withdrawn["isPublished"], withdrawn["publishedAt"]) == (False, "2026-03-02T12:00:00.000Z")

    published = api.patch("/programme/metadata", {"productId": product_id, "isPublished": True}).get_json()
    assert (published["isPublished"], published["publishedAt"]) == (True, "2026-03-02T12:00:00.000Z")


class TestWithASigningKey:
    """Every video plays by tokens that the portal mints for whoever may watch."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, mux_signing_key=SIGNING_KEY)

    def test_the_player_gets_a_token_for_each_thing_that_it_fetches(self, api: Api, shelf: Shelf) -> None:
        product_id = shelf.add(mux_playback_id="pb01", is_signed=True, duration_seconds=600)

        playback = api.get(f"/programme/{product_id}", by="viewer").get_json()["playback"]

        assert playback["expiresAt"] == "2026-03-02T15:00:00.000Z"
        assert playback["url"] == f"http://mux.test:8001/pb01.m3u8?token={playback['tokens']['playback']}"
        midnight = NOON.replace(hour=0)
        for kind, audience, ends_at in (
            ("playback", "v", NOON + timedelta(hours=3)),
            ("thumbnail", "t", midnight + timedelta(days=2)),
            ("storyboard", "s", midnight + timedelta(days=2)),
        ):
            token = playback["tokens"][kind]
            assert jwt.get_unverified_header(token)["kid"] == "key-1"
            assert claims_of(token, audience) == {
                "sub": "pb01",
                "aud": audience,
                "kid": "key-1",
                "exp": int(ends_at.timestamp()),
            }

    def test_a_programme_that_is_asked_for_the_first_time_costs_four_signatures(
        self, app: Flask, api: Api, shelf: Shelf
    ) -> None:
        """Stream, poster, storyboard, still: each takes a millisecond."""
        product_id = shelf.add(mux_playback_id="pb-never-seen", is_signed=True)
        mint = app.extensions["playback_urls"].mint
        before = mint.count_made

        for _ in range(2):
            assert api.get(f"/programme/{product_id}", by="viewer").get_json()["playback"]

        assert mint.count_made - before == 4

    def test_a_locked_programme_shows_a_still_and_gives_nothing_that_plays(self, api: Api, shelf: Shelf) -> None:
        product_id = shelf.add(mux_playback_id="pb01", is_signed=True, is_premium=True)

        body = api.get(f"/programme/{product_id}", by="viewer").get_json()

        assert (body["playback"], body["locked"]) == (None, True)
        address, _, token = body["thumbnailUrl"].partition("?token=")
        assert address == "http://mux.test:8001/pb01/thumbnail.webp"
        assert (claims_of(token, "t")["sub"], claims_of(token, "t")["width"]) == ("pb01", 640)
        with pytest.raises(jwt.InvalidAudienceError):
            claims_of(token, "v")

    def test_a_video_from_before_the_key_still_plays_by_its_public_id(self, api: Api, shelf: Shelf) -> None:
        body = api.get(f"/programme/{shelf.add(mux_playback_id='pb01')}", by="viewer").get_json()

        assert body["playback"]["url"] == "http://mux.test:8001/pb01.m3u8"


def claims_of(token: str, audience: str) -> dict[str, Any]:
    return jwt.decode(token, PUBLIC_KEY, algorithms=["RS256"], audience=audience, options={"verify_exp": False})
