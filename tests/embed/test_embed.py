"""Programmes in frames on other sites, with and without a signed link."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer

from portal.config import Settings
from portal.embed_links import EmbedLink, sign_embed_link
from portal.extensions import db
from portal.models import Programme
from tests.callers import Api, fields_of, problem_of
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.pages import Reader
from tests.signing import SIGNING_KEY

Make = Callable[..., Programme]
SITES = ("https://club.example", "https://www.example.com:8443")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, embed_origins=SITES, public_catalogue=True, mux_signing_key=SIGNING_KEY)


@pytest.fixture
def api(app: Flask, cast: Cast, settings: Settings) -> Api:
    return Api(app, cast, settings)


def address_of_link(api: Api, programme: Programme, **wanted: object) -> str:
    answer = api.post(f"/programme/{programme.product_id}/embed-link", wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["url"]).removeprefix("http://portal.test")


def test_a_frame_holds_the_player_alone_for_the_named_sites_alone(app: Flask, make: Make) -> None:
    programme = make(title="Breathing", is_signed=True)

    page = Reader(app).get(f"/embed/{programme.product_id}")

    assert (page.status, page.heading) == (200, "Breathing")
    player = page.one("mux-player")
    assert player["data-renewed-at"] == f"/embed/{programme.product_id}/playback"
    assert not page.all("header, nav, form, a[href]")
    assert f"frame-ancestors {' '.join(SITES)}" in page.answer.headers["Content-Security-Policy"]


def test_no_other_page_can_be_framed(app: Flask, cast: Cast, make: Make) -> None:
    programme = make(is_signed=True)

    for path in ("/", f"/watch/{programme.product_id}", "/auth/sign-in", "/nowhere"):
        policy = Reader(app, cast.viewer).get(path).answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, path


def test_a_frame_needs_no_cookie_and_sets_none(app: Flask, cast: Cast, make: Make) -> None:
    programme = make(is_signed=True, is_premium=True)

    for reader in (Reader(app), Reader(app, cast.member)):  # a membership does not count on another site
        page = reader.get(f"/embed/{programme.product_id}")
        assert not page.all("mux-player")
        assert "This programme is for members." in page.text
    assert "Set-Cookie" not in Reader(app).get(f"/embed/{make(is_signed=True).product_id}").answer.headers


def test_what_is_not_there_is_told_in_the_frame(app: Flask, make: Make) -> None:
    for product_id in (uuid.uuid4(), make(is_published=False).product_id):
        page = Reader(app).get(f"/embed/{product_id}")
        assert (page.status, page.heading) == (404, "This video is not here")
        assert f"frame-ancestors {SITES[0]}" in page.answer.headers["Content-Security-Policy"]


def test_where_no_site_is_named_there_are_no_frames(
    start: Callable[..., Flask], make: Make, cast: Cast, settings: Settings
) -> None:
    closed, programme = start(embed_origins=()), make()

    for path in (f"/embed/{programme.product_id}", f"/embed/{programme.product_id}/playback", "/oembed"):
        assert closed.test_client().get(path).status_code == 404
    answer = Api(closed, cast, settings).post(f"/programme/{programme.product_id}/embed-link", {})
    assert "EMBED_ORIGINS" in problem_of(answer, 409)["detail"]


def test_a_signed_link_plays_premium_until_it_ends(app: Flask, api: Api, make: Make, clock: StoppedClock) -> None:
    programme = make(is_signed=True, is_premium=True)
    address = address_of_link(api, programme, expiresIn=600)
    renewal = address.replace("?", "/playback?")

    assert Reader(app).get(address).one("mux-player")["data-renewed-at"] == renewal
    clock.advance(seconds=599)
    assert app.test_client().get(renewal).status_code == 200

    clock.advance(seconds=1)
    assert not Reader(app).get(address).all("mux-player")
    told = problem_of(app.test_client().get(renewal), 403)
    assert told["detail"] == "The link to this video has ended. Reload the page that it is on."


@pytest.mark.parametrize("field", ["is_published", "deleted_at"])
def test_a_signed_link_ends_with_its_programme(app: Flask, api: Api, make: Make, field: str) -> None:
    programme = make(is_signed=True)
    address = address_of_link(api, programme)

    with app.app_context():
        row = db.session.merge(programme)
        row.is_published = False
        if field == "deleted_at":
            row.deleted_at = NOON
        db.session.commit()

    assert Reader(app).get(address).status == 404
    assert app.test_client().get(address.replace("?", "/playback?")).status_code == 404


def test_a_link_opens_its_own_programme_alone(app: Flask, api: Api, make: Make) -> None:
    one, other = make(is_premium=True), make(is_premium=True)
    token = address_of_link(api, one).partition("?")[2]

    assert not Reader(app).get(f"/embed/{other.product_id}?{token}").all("mux-player")


def test_a_link_that_somebody_made_up_opens_nothing(app: Flask, make: Make) -> None:
    programme = make(is_premium=True)
    payload = [programme.product_id.hex, int((NOON + timedelta(hours=1)).timestamp()), ""]
    with app.app_context():
        good = sign_embed_link(EmbedLink(product_id=programme.product_id, expires_at=NOON + timedelta(hours=1)))
    secret = app.config["SECRET_KEY"]
    spoilt = good[:-9] + ("A" if good[-9] != "A" else "B") + good[-8:]  # where every bit counts, as not at the end
    forged = (
        URLSafeSerializer("another secret", salt="portal.embed-link").dumps(payload),
        URLSafeSerializer(secret, salt="cookie-session").dumps(payload),
        *(spoilt, good[1:], "", ".", "x" * 5000, "é"),
    )

    assert Reader(app).get(f"/embed/{programme.product_id}?token={good}").all("mux-player")
    for token in forged:
        page = Reader(app).get(f"/embed/{programme.product_id}", query_string={"token": token})
        assert not page.all("mux-player"), token


class TestMakingALink:
    """`POST /programme/{productId}/embed-link`."""

    def test_it_tells_the_address_and_its_end(self, api: Api, make: Make) -> None:
        programme = make()

        answer = api.post(f"/programme/{programme.product_id}/embed-link", {"expiresIn": 90, "viewer": " Ida  7 "})

        body = answer.get_json()
        assert answer.status_code == 201
        assert body["expiresAt"] == "2026-03-02T12:01:30.000Z"
        assert body["url"].startswith(f"http://portal.test/embed/{programme.product_id}?token=")
        assert set(body) == {"url", "expiresAt"}

    def test_it_is_for_its_coach_and_administrators(self, api: Api, make: Make) -> None:
        path = f"/programme/{make().product_id}/embed-link"

        assert api.statuses("POST", path, json={}) == {
            "owner": 201,
            "other_coach": 404,
            "viewer": 403,
            "member": 403,
            "admin": 201,
            "nobody": 401,
        }

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"expiresIn": 59}, "expiresIn"),
            ({"expiresIn": 86401}, "expiresIn"),
            ({"expiresIn": "600"}, "expiresIn"),
            ({"expiresIn": True}, "expiresIn"),
            ({"viewer": "x" * 65}, "viewer"),
            ({"viewer": "a\x00b"}, "viewer"),
            ({"viewer": 7}, "viewer"),
            ({"origin": "https://club.example"}, "origin"),
        ],
    )
    def test_what_breaks_a_rule_is_named(self, api: Api, make: Make, body: dict[str, object], field: str) -> None:
        assert fields_of(api.post(f"/programme/{make().product_id}/embed-link", body)) == [field]

    def test_a_draft_is_shown_nowhere(self, api: Api, make: Make) -> None:
        answer = api.post(f"/programme/{make(is_published=False).product_id}/embed-link", {})

        assert "once it is published" in problem_of(answer, 409)["detail"]
