"""Which call is open to whom: every endpoint, for every role, on every state, under both prefixes."""

from typing import Any

import pytest
from flask import Flask

from portal.models import Status
from tests.callers import EVERYBODY, Api, Shelf, problem_of
from tests.mux_double import MuxDouble

PREFIXES = pytest.mark.parametrize("prefix", ["", "/api"])
UNKNOWN = "0b7c8f0e-1111-4222-8333-444455556666"
UNPUBLISHED: dict[str, Any] = {"is_published": False, "published_at": None}

EVERY_KIND = [
    pytest.param(Status.AWAITING_UPLOAD, {}, id="awaiting upload"),
    pytest.param(Status.PROCESSING, {}, id="processing"),
    pytest.param(Status.ERRORED, {}, id="errored"),
    pytest.param(Status.READY, UNPUBLISHED, id="ready"),
    pytest.param(Status.READY, {}, id="published"),
    pytest.param(Status.READY, {"is_premium": True}, id="published premium"),
]


@PREFIXES
@pytest.mark.parametrize(("status", "values"), EVERY_KIND)
def test_a_programme_is_there_for_its_owner_and_admins_and_once_published_for_all(
    api: Api, shelf: Shelf, prefix: str, status: Status, values: dict[str, Any]
) -> None:
    is_published = status is Status.READY and values.get("is_published", True)
    product_id = shelf.add(status, **values)

    answers = api.statuses("GET", f"{prefix}/programme/{product_id}")

    others = 200 if is_published else 404
    assert answers == {
        "owner": 200,
        "admin": 200,
        "other_coach": others,
        "viewer": others,
        "member": others,
        "nobody": 401,
    }


@PREFIXES
@pytest.mark.parametrize(("status", "values"), EVERY_KIND)
def test_a_programme_is_changed_by_its_owner_and_admins_alone(
    api: Api, shelf: Shelf, prefix: str, status: Status, values: dict[str, Any]
) -> None:
    product_id = shelf.add(status, **values)

    answers = api.statuses("PATCH", f"{prefix}/programme/metadata", json={"productId": product_id, "title": "New"})

    assert answers == {
        "owner": 200,
        "admin": 200,
        "other_coach": 404,
        "viewer": 403,
        "member": 403,
        "nobody": 401,
    }


@PREFIXES
def test_only_who_makes_programmes_may_ask_for_an_upload(api: Api, shelf: Shelf, mux: MuxDouble, prefix: str) -> None:
    answers = api.statuses("POST", f"{prefix}/programme/create-upload-url", json={"title": "New"})

    assert answers == {
        "owner": 201,
        "other_coach": 201,
        "admin": 201,
        "viewer": 403,
        "member": 403,
        "nobody": 401,
    }
    assert (shelf.count(), len(mux.requests)) == (3, 3)


@PREFIXES
def test_the_list_is_the_same_for_all_roles_and_has_published_programmes_only(
    api: Api, shelf: Shelf, prefix: str
) -> None:
    for state in (Status.AWAITING_UPLOAD, Status.PROCESSING, Status.ERRORED):
        shelf.add(state)
    shelf.add(**UNPUBLISHED)
    published = {shelf.add(), shelf.add(is_premium=True, owner="other_coach")}

    for who in EVERYBODY:
        items = api.get(f"{prefix}/programme", by=who).get_json()["items"]
        assert {item["productId"] for item in items} == published
    assert api.get(f"{prefix}/programme", by=None).status_code == 401


@PREFIXES
def test_an_unknown_programme_and_somebody_else_s_draft_are_answered_alike(api: Api, shelf: Shelf, prefix: str) -> None:
    draft = shelf.add(Status.AWAITING_UPLOAD)

    for product_id in (draft, UNKNOWN):
        shown = api.get(f"{prefix}/programme/{product_id}", by="other_coach")
        changed = api.patch(f"{prefix}/programme/metadata", {"productId": product_id}, by="other_coach")
        assert problem_of(shown, 404) == problem_of(changed, 404)


def test_a_malformed_product_id_in_the_address_leads_nowhere(api: Api) -> None:
    for product_id in ("1", "not-a-uuid", UNKNOWN[:-1], f"{UNKNOWN}0", "%00", "..", f"{{{UNKNOWN}}}"):
        for prefix in ("", "/api"):
            problem_of(api.get(f"{prefix}/programme/{product_id}", by="admin"), 404)


def test_a_product_id_is_the_same_in_capitals(api: Api, shelf: Shelf) -> None:
    product_id = shelf.add()

    assert api.get(f"/programme/{product_id.upper()}").get_json()["productId"] == product_id
    assert api.patch("/programme/metadata", {"productId": product_id.upper()}).status_code == 200


SERVED: list[tuple[str, str, set[str]]] = [
    ("GET", "/programme/create-upload-url", {"POST", "OPTIONS"}),
    ("PUT", "/programme/metadata", {"PATCH", "OPTIONS"}),
    ("POST", "/programme", {"GET", "HEAD", "OPTIONS"}),
    ("PUT", f"/programme/{UNKNOWN}", {"GET", "HEAD", "DELETE", "OPTIONS"}),
    ("GET", f"/programme/{UNKNOWN}/upload-url", {"POST", "DELETE", "OPTIONS"}),
    ("DELETE", f"/programme/{UNKNOWN}/restoration", {"POST", "OPTIONS"}),
    ("GET", "/auth/token", {"POST", "OPTIONS"}),
]


@PREFIXES
def test_a_method_that_is_not_served_is_405_with_those_that_are(api: Api, prefix: str) -> None:
    for method, path, allowed in SERVED:
        response = api.send(method, prefix + path)
        problem_of(response, 405)
        assert set(response.headers["Allow"].split(", ")) == allowed


def test_a_path_that_is_not_there_is_told_in_the_api_s_own_form(api: Api) -> None:
    for path in ("/api/", "/api/nothing", "/programme/", "/programme/a/b", "/auth/token/x", "/programmes"):
        problem_of(api.get(path), 404)


def test_every_call_is_served_under_both_prefixes_by_the_same_code(app: Flask) -> None:
    served: dict[str, dict[str, Any]] = {"api": {}, "api_prefixed": {}}
    for rule in app.url_map.iter_rules():
        blueprint, _, name = rule.endpoint.partition(".")
        if blueprint in served:
            served[blueprint][rule.rule] = (rule.methods, name)

    assert served["api_prefixed"] == {f"/api{path}": call for path, call in served["api"].items()}
    assert set(served["api"]) == {
        "/auth/token",
        "/auth/token/refresh",
        "/auth/token/revoke",
        "/memberships",
        "/programme",
        "/programme/<uuid:product_id>",
        "/programme/<uuid:product_id>/embed-link",
        "/programme/<uuid:product_id>/restoration",
        "/programme/<uuid:product_id>/upload-url",
        "/programme/create-upload-url",
        "/programme/metadata",
    }


def test_nothing_here_is_kept_by_shared_caches_or_run_as_a_page(api: Api, shelf: Shelf) -> None:
    response = api.get(f"/programme/{shelf.add()}")

    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content_type == "application/json"
