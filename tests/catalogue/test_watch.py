"""The watch page: who gets a player, and what stands there for whoever does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from jwt import decode
from jwt.types import Options
from sqlalchemy import update

from portal.config import MUX_API_URL, Settings
from portal.extensions import db
from portal.models import Programme, Status
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.pages import Reader
from tests.queries import queries_of
from tests.signing import PUBLIC_KEY, SIGNING_KEY

Make = Callable[..., Programme]
UNKNOWN = "00000000-0000-0000-0000-000000000000"
PLAYER, LOCKED, GONE = "player", "locked", "gone"

NO_TIME: Options = {"verify_exp": False}  # the clock stands still in the past

FREE: dict[str, Any] = {}
PREMIUM = {"is_premium": True}
WITHDRAWN = {"is_published": False}
PROCESSING = {"status": Status.PROCESSING}
ERRORED = {"status": Status.ERRORED}
AWAITING = {"status": Status.AWAITING_UPLOAD}


@pytest.mark.parametrize(
    ("values", "seen_by"),
    [
        (FREE, {"owner": PLAYER, "other_coach": PLAYER, "viewer": PLAYER, "member": PLAYER, "admin": PLAYER}),
        (PREMIUM, {"owner": PLAYER, "other_coach": LOCKED, "viewer": LOCKED, "member": PLAYER, "admin": PLAYER}),
        (WITHDRAWN, {"owner": PLAYER, "other_coach": GONE, "viewer": GONE, "member": GONE, "admin": PLAYER}),
        (PROCESSING, {"owner": LOCKED, "other_coach": GONE, "viewer": GONE, "member": GONE, "admin": LOCKED}),
        (ERRORED, {"owner": LOCKED, "other_coach": GONE, "viewer": GONE, "member": GONE, "admin": LOCKED}),
        (AWAITING, {"owner": LOCKED, "other_coach": GONE, "viewer": GONE, "member": GONE, "admin": LOCKED}),
    ],
    ids=["free", "premium", "withdrawn", "processing", "errored", "awaiting"],
)
def test_who_gets_what(app: Flask, cast: Cast, make: Make, values: dict[str, Any], seen_by: dict[str, str]) -> None:
    programme = make(title="The programme", **values)

    for person, expected in seen_by.items():
        page = Reader(app, cast[person]).get(f"/watch/{programme.product_id}")
        if expected is GONE:
            assert (page.status, page.heading) == (404, "There is nothing here")
            continue
        assert (page.status, page.heading) == (200, "The programme")
        assert len(page.all("mux-player")) == (1 if expected is PLAYER else 0), person
        if expected is LOCKED:
            assert programme.mux_playback_id is None or f"{programme.mux_playback_id}.m3u8" not in str(page.soup)


def test_membership_ends_with_its_date(app: Flask, clock: StoppedClock, cast: Cast, make: Make) -> None:
    programme = make(is_premium=True)
    clock.at = NOON + timedelta(days=30) - timedelta(seconds=1)
    member = Reader(app, cast.member)
    address = f"/watch/{programme.product_id}"

    assert member.get(address).all("mux-player")
    clock.advance(seconds=1)
    assert not member.get(address).all("mux-player")


def test_the_page_tells_all_about_the_programme(app: Flask, cast: Cast, make: Make) -> None:
    programme = make(
        title="Breathing",
        description="First this.\n\nThen <b>that</b>.",
        tags=["calm", "focus"],
        is_premium=True,
        is_featured=True,
    )

    page = Reader(app, cast.member).get(f"/watch/{programme.product_id}")

    assert page.heading == "Breathing"
    for fact in ("Olive Owner", "12:34", "First this.", "Then <b>that</b>.", "Premium"):
        assert fact in page.text
    assert {"/?tag=calm", "/?tag=focus"} <= set(page.links())


def test_the_player_gets_addresses_where_mux_is_a_local_one(app: Flask, cast: Cast, make: Make) -> None:
    programme = make()

    player = Reader(app, cast.viewer).get(f"/watch/{programme.product_id}").one("mux-player")

    assert player["src"] == f"http://mux.test:8001/{programme.mux_playback_id}.m3u8"
    assert str(player["poster"]).startswith(f"http://mux.test:8001/{programme.mux_playback_id}/thumbnail.webp")
    assert "playback-id" not in player.attrs  # it would win over src


def test_real_mux_is_given_the_playback_id_and_a_token_for_each_thing(
    app_at_mux: Flask, cast: Cast, make: Make
) -> None:
    programme = make(is_signed=True)

    page = Reader(app_at_mux, cast.viewer).get(f"/watch/{programme.product_id}")

    player = page.one("mux-player")
    assert player["playback-id"] == programme.mux_playback_id
    audiences = {
        name: decode(
            str(player[f"{name}-token"]), PUBLIC_KEY, algorithms=["RS256"], audience=audience, options=NO_TIME
        )["sub"]
        for name, audience in (("playback", "v"), ("thumbnail", "t"), ("storyboard", "s"))
    }
    assert set(audiences.values()) == {programme.mux_playback_id}
    assert not {"src", "poster", "storyboard-src"} & set(player.attrs)
    policy = page.answer.headers["Content-Security-Policy"]
    for source in ("connect-src 'self' https://*.mux.com", "https://storage.googleapis.com", "https://*.litix.io"):
        assert source in policy


def test_a_public_playback_id_is_told_to_no_one_who_may_not_watch(app: Flask, cast: Cast, make: Make) -> None:
    """Not even by the address of a still: a public id plays by itself."""
    programme = make(is_premium=True, is_signed=False)

    for place in ("/", f"/watch/{programme.product_id}"):
        assert str(programme.mux_playback_id) not in str(Reader(app, cast.viewer).get(place).soup)
        assert str(programme.mux_playback_id) in str(Reader(app, cast.member).get(place).soup)


def test_the_locked_page_says_how_to_become_a_member(app: Flask, cast: Cast, make: Make) -> None:
    programme = make(title="Rare", description="What it is about.", is_premium=True)

    page = Reader(app, cast.viewer).get(f"/watch/{programme.product_id}")

    assert "What it is about." in page.text
    assert "member" in page.text


@pytest.mark.parametrize("address", ["/watch/not-a-uuid", "/watch/00000000-0000-0000-0000-000000000000"])
def test_an_unknown_programme_is_not_found(app: Flask, cast: Cast, address: str) -> None:
    assert Reader(app, cast.viewer).get(address).status == 404


def test_only_its_coach_is_offered_to_edit(app: Flask, cast: Cast, make: Make) -> None:
    programme = make()
    edit = f"/coach/programmes/{programme.product_id}"

    assert edit in Reader(app, cast.owner).get(f"/watch/{programme.product_id}").links()
    assert edit not in Reader(app, cast.other_coach).get(f"/watch/{programme.product_id}").links()


def subject_of(token: str, audience: str) -> str:
    claims = decode(token, PUBLIC_KEY, algorithms=["RS256"], audience=audience, options=NO_TIME)
    return str(claims["sub"])


@pytest.fixture
def app_at_mux(start: Callable[..., Flask]) -> Flask:
    """The portal as it is in production: with Mux itself, and a signing key."""
    return start(mux_base_url=MUX_API_URL, mux_signing_key=SIGNING_KEY)


class TestRenewal:
    """`/watch/<productId>/playback`, for a player that stayed open."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, mux_signing_key=SIGNING_KEY)

    def test_fresh_tokens_come_in_the_api_s_own_form(
        self, app: Flask, cast: Cast, make: Make, clock: StoppedClock
    ) -> None:
        programme = make(is_signed=True)
        viewer = Reader(app, cast.viewer)
        address = f"/watch/{programme.product_id}/playback"
        first = viewer.client.get(address).get_json()
        clock.advance(hours=2)

        second = viewer.client.get(address).get_json()

        assert second["expiresIn"] == 3 * 3600
        assert second["playback"]["expiresAt"] == "2026-03-02T17:00:00.000Z"
        assert second["playback"]["url"] != first["playback"]["url"]
        assert second["playback"]["posterUrl"] == first["playback"]["posterUrl"]  # the browser has it

    def test_the_end_is_told_in_plain_words_with_the_next_step(self, app: Flask, cast: Cast, make: Make) -> None:
        premium, draft = make(is_premium=True), make(is_published=False)
        viewer = Reader(app, cast.viewer).client

        locked, gone = (viewer.get(f"/watch/{row.product_id}/playback") for row in (premium, draft))
        left = app.test_client().get(f"/watch/{premium.product_id}/playback")

        assert (locked.status_code, gone.status_code, left.status_code) == (403, 404, 401)
        assert locked.get_json()["detail"] == "This programme is for members, and your access to it has ended."
        assert locked.get_json()["next"] == {
            "text": "How to become a member",
            "url": f"/watch/{premium.product_id}",
        }
        assert gone.get_json()["next"]["url"] == "/"
        assert left.get_json()["next"]["url"] == f"/auth/sign-in?next=/watch/{premium.product_id}"


class TestVisitors:
    """Where PUBLIC_CATALOGUE is set, people without an account."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, public_catalogue=True, membership_url="https://shop.example/club")

    def test_they_see_the_catalogue_and_watch_what_is_free(self, app: Flask, make: Make) -> None:
        free = make(title="Free")
        make(title="Rare", is_premium=True)

        catalogue = Reader(app).get("/")

        assert {"Free", "Rare"} <= set(catalogue.text.split())
        assert "/auth/sign-in?next=/" in catalogue.links()
        assert Reader(app).get(f"/watch/{free.product_id}").all("mux-player")

    def test_a_locked_programme_asks_them_to_sign_in_and_says_where_to_become_a_member(
        self, app: Flask, cast: Cast, make: Make
    ) -> None:
        programme = make(is_premium=True, description="What it is about.")
        address = f"/watch/{programme.product_id}"

        for reader in (Reader(app), Reader(app, cast.viewer)):
            page = reader.get(address)
            assert "What it is about." in page.text
            assert "https://shop.example/club" in page.links()
        assert f"/auth/sign-in?next={address}" in Reader(app).get(address).links()

    def test_everything_else_leads_to_sign_in_and_back(self, app: Flask, make: Make) -> None:
        draft = make(is_published=False)

        for path in (f"/watch/{draft.product_id}", f"/watch/{UNKNOWN}", "/coach/", "/admin/"):
            assert Reader(app).get(path).location == f"/auth/sign-in?next={path}"


@pytest.mark.parametrize("who", ["owner", "viewer", "member", "admin"])
def test_who_looks_and_what_at_is_asked_in_one_query(app: Flask, cast: Cast, make: Make, who: str) -> None:
    programme = make(title="The programme")
    reader = Reader(app, cast[who])

    with queries_of(app) as sent:
        page = reader.get(f"/watch/{programme.product_id}")

    assert page.heading == "The programme"
    assert len(sent) == 1, sent


def test_the_page_shows_the_programme_of_its_address(app: Flask, cast: Cast, make: Make) -> None:
    """Though the account is asked for first, and with it the programme."""
    first, second = make(title="First"), make(title="Second")
    reader = Reader(app, cast.viewer)

    shown = [reader.get(f"/watch/{row.product_id}").heading for row in (first, second, first)]

    assert shown == ["First", "Second", "First"]


def test_a_change_to_the_programme_is_in_the_next_page(app: Flask, cast: Cast, make: Make) -> None:
    programme = make(title="Before")
    reader = Reader(app, cast.viewer)
    reader.get(f"/watch/{programme.product_id}")

    with app.app_context():
        db.session.execute(update(Programme).values(title="After"))
        db.session.commit()

    assert reader.get(f"/watch/{programme.product_id}").heading == "After"
