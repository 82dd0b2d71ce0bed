"""Who may watch: one rule for every place that a video can be reached from, and no place that was forgotten."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.access import Viewer, Visitor, may_edit, may_see, may_watch
from portal.config import Settings
from portal.embed_links import EmbedLink, sign_embed_link
from portal.extensions import db
from portal.models import Programme, Status
from tests.callers import Api
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.pages import Reader
from tests.signing import SIGNING_KEY

Make = Callable[..., Programme]

PLAYS, LOCKED, HIDDEN, FAILS = "plays", "locked", "hidden", "nothing to play"
SIGN_IN = "sign in"  # what a visitor's player is told, whatever the reason

FREE: dict[str, Any] = {}
PREMIUM = {"is_premium": True}
DRAFT = {"is_published": False}
PREMIUM_DRAFT = {"is_published": False, "is_premium": True}
PROCESSING = {"status": Status.PROCESSING}
ERRORED = {"status": Status.ERRORED}
AWAITING = {"status": Status.AWAITING_UPLOAD}
DELETED = {"is_published": False, "deleted_at": NOON}

EVERYBODY = ("owner", "other_coach", "viewer", "member", "admin", "visitor", "welcome visitor", "with a link")
STRANGERS = EVERYBODY[1:4]
HERS = {"owner": PLAYS, "admin": PLAYS}
HERS_WITHOUT_VIDEO = {"owner": FAILS, "admin": FAILS}
TABLE = (
    (FREE, {**dict.fromkeys(EVERYBODY, PLAYS), "visitor": HIDDEN}),
    (
        PREMIUM,
        {
            **HERS,
            "other_coach": LOCKED,
            "viewer": LOCKED,
            "member": PLAYS,
            "visitor": HIDDEN,
            "welcome visitor": LOCKED,
            "with a link": PLAYS,
        },
    ),
    *((values, {**dict.fromkeys(EVERYBODY, HIDDEN), **HERS}) for values in (DRAFT, PREMIUM_DRAFT)),
    *(
        (values, {**dict.fromkeys(EVERYBODY, HIDDEN), **HERS_WITHOUT_VIDEO})
        for values in (PROCESSING, ERRORED, AWAITING)
    ),
    (DELETED, dict.fromkeys(EVERYBODY, HIDDEN)),
)
TABLE_NAMES = ("free", "premium", "draft", "premium draft", "processing", "errored", "awaiting", "deleted")

# Every route that leads to a programme, with how it is asked for each of the people below.
ROUTES_OF_THE_TABLE = {
    "catalogue.watch",
    "catalogue.renew_playback",
    "catalogue.show_catalogue",
    "api.show_programme",
    "api.list_programmes",
    "embed.show_player",
    "embed.renew_playback",
    "embed.describe",
}
# What shows no video to anybody, or is for its coach and administrators alone, which other tests hold.
OTHER_ROUTES = {
    "static",
    *("api.create_token", "api.refresh_token", "api.revoke_token"),
    *("api.change_metadata", "api.create_upload_url", "api.renew_upload_url", "api.cancel_upload"),
    *("api.show_membership", "api.change_membership"),
    *("api.remove_programme", "api.bring_back_programme", "api.create_embed_link"),
}
OTHER_BLUEPRINTS = {"account", "admin", "auth", "coach", "doctor", "health", "notices", "webhooks"}


def test_every_route_of_the_application_is_in_the_table_or_shows_no_video(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        blueprint, _, name = rule.endpoint.replace("api_prefixed.", "api.").rpartition(".")
        endpoint = f"{blueprint}.{name}" if blueprint else name
        is_classed = endpoint in ROUTES_OF_THE_TABLE | OTHER_ROUTES or blueprint in OTHER_BLUEPRINTS
        assert is_classed, f"{rule}: say in this file who may watch there"


@pytest.mark.parametrize(("values", "expected"), TABLE, ids=TABLE_NAMES)
def test_the_rule_itself(
    in_app: Flask, cast: Cast, make: Make, values: dict[str, Any], expected: dict[str, str]
) -> None:
    programme = db.session.merge(make(**values))

    for name in EVERYBODY:
        viewer = viewer_named(name, cast, programme)
        assert may_see(viewer, programme) is (expected[name] is not HIDDEN), name
        assert may_watch(viewer, programme, NOON) is (expected[name] is PLAYS), name
        assert may_edit(viewer, programme) is (name in {"owner", "admin"}), name


@pytest.mark.parametrize("is_signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize(("values", "expected"), TABLE, ids=TABLE_NAMES)
def test_every_route_keeps_it(
    house: "House", values: dict[str, Any], expected: dict[str, str], *, is_signed: bool
) -> None:
    programme = house.make(is_signed=is_signed, **values)

    for name, outcome in expected.items():
        for route, seen in house.looks(name, programme).items():
            assert seen == outcome or (seen is SIGN_IN and outcome is not PLAYS), (name, route)


@pytest.mark.parametrize(("values", "expected"), TABLE, ids=TABLE_NAMES)
def test_a_still_is_for_whoever_may_see_it_and_tells_nobody_an_id_that_plays_by_itself(
    house: "House", values: dict[str, Any], expected: dict[str, str]
) -> None:
    for is_signed in (True, False):
        programme = house.make(is_signed=is_signed, **values)
        for name, outcome in expected.items():
            text = house.all_that_is_told(name, programme)
            plays_by_it = outcome is PLAYS
            told = bool(programme.mux_playback_id) and str(programme.mux_playback_id) in text
            assert told is (plays_by_it or (is_signed and outcome is LOCKED)), (name, is_signed)
            assert (".m3u8" in text) is plays_by_it, (name, is_signed)
            assert ("animated" in text) <= plays_by_it, (name, is_signed)


def test_a_membership_that_is_taken_away_ends_everywhere(house: "House") -> None:
    programme = house.make(is_signed=True, is_premium=True)
    assert set(house.looks("member", programme).values()) == {PLAYS}

    house.change("member", member_until=NOON)

    assert set(house.looks("member", programme).values()) == {LOCKED}


def test_a_disabled_account_is_shown_nothing(house: "House") -> None:
    programme = house.make(is_signed=True)
    assert set(house.looks("member", programme).values()) == {PLAYS}

    house.change("member", is_enabled=False)

    member = house.person("member").client
    assert page_outcome(member, f"/watch/{programme.product_id}") == HIDDEN
    assert renewal_outcome(member, f"/watch/{programme.product_id}/playback", visitor=True) == SIGN_IN


class House:
    """Two portals on one database: one with a catalogue for members of the house, one that is open to visitors."""

    def __init__(self, app: Flask, public_app: Flask, cast: Cast, make: Make, clock: StoppedClock) -> None:
        self.app, self.public_app, self.cast, self.make, self.clock = app, public_app, cast, make, clock
        self._people: dict[str, Reader] = {}
        self._client_of_api = Api(app, cast, app.extensions["settings"])

    def person(self, name: str) -> Reader:
        if name not in self._people:
            self._people[name] = Reader(self.app, self.cast[name])
        return self._people[name]

    def change(self, name: str, **values: Any) -> None:
        with self.app.app_context():
            account = db.session.merge(self.cast[name])
            for field, value in values.items():
                setattr(account, field, value)
            db.session.commit()

    def looks(self, name: str, programme: Programme) -> dict[str, str]:
        """How each route treats somebody."""
        address = f"/watch/{programme.product_id}"
        if name == "with a link":
            return self._in_a_frame(self.app.test_client(), programme, self._link_to(programme))
        if name in {"visitor", "welcome visitor"}:
            client = (self.app if name == "visitor" else self.public_app).test_client()
            return {
                "page": page_outcome(client, address),
                "refresh": renewal_outcome(client, f"{address}/playback", visitor=True),
                **self._in_a_frame(client, programme),
            }
        reader = self.person(name)
        return {
            "page": page_outcome(reader.client, address),
            "refresh": renewal_outcome(reader.client, f"{address}/playback"),
            "api": self._by_api(name, programme, "/programme"),
            "prefixed api": self._by_api(name, programme, "/api/programme"),
        }

    def all_that_is_told(self, name: str, programme: Programme) -> str:
        """The text of every page and answer that somebody can have."""
        paths = ["/", f"/watch/{programme.product_id}", f"/watch/{programme.product_id}/playback"]
        frames = [f"/embed/{programme.product_id}", f"/embed/{programme.product_id}/playback"]
        if name == "with a link":
            token = self._link_to(programme)
            client, paths = self.app.test_client(), [f"{path}?token={token}" for path in frames]
        elif name in {"visitor", "welcome visitor"}:
            client = (self.app if name == "visitor" else self.public_app).test_client()
            paths += [*frames, f"/oembed?url=http://portal.test/watch/{programme.product_id}"]
        else:
            client = self.person(name).client
        texts = [client.get(path).get_data(as_text=True) for path in paths]
        if name in {"owner", "other_coach", "viewer", "member", "admin"}:
            texts += [self._api(name, path) for path in ("/programme", f"/programme/{programme.product_id}")]
        return "".join(texts)

    def _in_a_frame(self, client: FlaskClient, programme: Programme, token: str = "") -> dict[str, str]:
        address = f"/embed/{programme.product_id}"
        seen = {
            "embed": page_outcome(client, f"{address}?token={token}"),
            "embedded refresh": renewal_outcome(client, f"{address}/playback?token={token}"),
        }
        if not token:
            answer = client.get(f"/oembed?url=http://portal.test/watch/{programme.product_id}")
            seen["oembed"] = {200: PLAYS, 401: LOCKED, 404: HIDDEN}[answer.status_code]
        return seen

    def _link_to(self, programme: Programme) -> str:
        with self.app.app_context():
            ends_at = self.clock.at.replace(hour=23)
            return sign_embed_link(EmbedLink(product_id=programme.product_id, expires_at=ends_at))

    def _by_api(self, name: str, programme: Programme, path: str) -> str:
        body = json.loads(self._api(name, f"{path}/{programme.product_id}"))
        if body["status"] == 404:
            return HIDDEN
        return PLAYS if body["playback"] else (LOCKED if programme.status is Status.READY else FAILS)

    def _api(self, name: str, path: str) -> str:
        return self._client_of_api.get(path, by=name).get_data(as_text=True)


def page_outcome(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    text = answer.get_data(as_text=True)
    if answer.status_code == 404 or (answer.location or "").startswith("/auth/sign-in"):
        return HIDDEN
    assert answer.status_code == 200, answer.status
    if "<mux-player" in text:
        return PLAYS
    return LOCKED if "for members" in text else FAILS


def renewal_outcome(client: FlaskClient, address: str, *, visitor: bool = False) -> str:
    answer = client.get(address)
    if answer.status_code == 200:
        return PLAYS
    body = answer.get_json()
    assert answer.content_type == "application/problem+json"
    assert body["detail"].endswith(".")
    if answer.status_code == 401:
        assert visitor
        assert body["next"]["text"] == "Sign in"
        return SIGN_IN
    if answer.status_code == 404:
        return HIDDEN
    return FAILS if "can’t be played" in body["detail"] else LOCKED


def viewer_named(name: str, cast: Cast, programme: Programme) -> Viewer:
    if name == "with a link":
        return Visitor(is_welcome=False, linked_to=programme.product_id)
    if name in {"visitor", "welcome visitor"}:
        return Visitor(is_welcome=name == "welcome visitor", linked_to=uuid.uuid4())
    return db.session.merge(cast[name])


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, mux_signing_key=SIGNING_KEY, embed_origins=("https://club.example",))


@pytest.fixture
def house(app: Flask, start: Callable[..., Flask], cast: Cast, make: Make, clock: StoppedClock) -> House:
    return House(app, start(public_catalogue=True), cast, make, clock)
