"""Deny by default: what somebody reaches who is not signed in, route by route, and where sign-in leads afterwards."""

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.gate import OPEN_ENDPOINTS, is_own_path
from tests.conftest import Cast
from tests.factories import PASSWORD

# What these answer without a session; everything else leads to sign-in or, for programs, is 401.
OPEN = {
    "static": 404,  # no such file
    "auth.sign_in": 200,
    "auth.register": 404,  # closed, unless the operator says otherwise
    "auth.ask_for_new_password": 200,
    "auth.show_confirmation": 404,  # no such link
    "auth.confirm": 400,  # no form's token
    "auth.show_reset": 404,
    "auth.choose_new_password": 400,
    "auth.show_invitation": 404,
    "auth.accept": 400,
    "health.is_alive": 200,
    "health.is_ready": 200,
    "webhooks.receive_mux_event": 401,  # not signed by Mux
    "catalogue.renew_playback": 401,
    "embed.show_player": 404,  # no site is named that may show it
    "embed.renew_playback": 404,
    "embed.describe": 404,
    "api.create_token": 415,  # no credentials were sent
    "api_prefixed.create_token": 415,
}


def test_every_route_is_closed_but_for_those_in_the_list(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        method = next(iter(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})))
        values: dict[str, Any] = dict.fromkeys(rule.arguments, uuid.uuid4())
        values |= {"filename": "nothing-of-the-kind"} if "filename" in rule.arguments else {}
        with app.test_request_context():
            address = app.url_for(rule.endpoint, **values)

        answer = app.test_client().open(address, method=method)

        if rule.endpoint in OPEN:
            assert answer.status_code == OPEN[rule.endpoint], rule
        elif rule.endpoint.startswith("api"):
            assert answer.status_code == 401, rule
        elif method == "GET":
            assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/auth/sign-in"), rule
        else:
            assert answer.status_code in {302, 400}, rule  # to sign-in, or refused for want of a CSRF token


def test_the_list_in_the_code_is_the_one_above() -> None:
    assert {name for name in OPEN if not name.startswith("api")} == OPEN_ENDPOINTS


@pytest.mark.parametrize(
    ("target", "is_ours"),
    [
        ("/", True),
        ("/watch/5?tag=a&b=c", True),
        ("/coach/programmes/new", True),
        (None, False),
        ("", False),
        ("coach", False),
        ("//evil.example", False),
        ("///evil.example", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("https://evil.example", False),
        ("javascript:alert(1)", False),
        ("/\t/evil.example", False),
        ("/\n//evil.example", False),
        (" //evil.example", False),
    ],
)
def test_one_is_only_ever_led_back_to_our_own_paths(target: str | None, is_ours: bool) -> None:  # noqa: FBT001
    assert is_own_path(target) is is_ours


def test_sign_in_leads_back_to_the_page_that_was_asked_for(app: Flask, client: FlaskClient, cast: Cast) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    asked = client.get("/coach/?cursor=abc")
    assert asked.location == "/auth/sign-in?next=/coach/?cursor%3Dabc"

    answer = client.post(asked.location, data={"email": cast.owner.email, "password": PASSWORD})

    assert answer.location == "/coach/?cursor=abc"


def test_a_foreign_address_to_go_back_to_is_forgotten(app: Flask, client: FlaskClient, cast: Cast) -> None:
    app.config["WTF_CSRF_ENABLED"] = False

    answer = client.post(
        "/auth/sign-in?next=https://evil.example", data={"email": cast.viewer.email, "password": PASSWORD}
    )

    assert answer.location == "/"
