"""Families of tokens: each refresh token is good once, reuse ends the family, and so do their holder and an admin."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlalchemy import select, update
from structlog.testing import capture_logs

from portal.api import views
from portal.api.tokens import key_id
from portal.config import Settings
from portal.extensions import db
from portal.models import RefreshFamily, Role, User
from portal.people.token_families import Holder, carry_on, void_tokens
from tests.callers import Api, problem_of
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.queries import queries_of

Pair = dict[str, str]
REFRESH, REVOKE = "/auth/token/refresh", "/auth/token/revoke"


def test_a_token_names_its_key_its_family_and_its_account_s_version(api: Api, settings: Settings) -> None:
    pair = api.new_pair("owner")

    access, refresh = (claims_of(pair[each]) for each in ("accessToken", "refreshToken"))
    assert {jwt.get_unverified_header(token)["kid"] for token in pair.values()} == {key_id(settings.jwt_secret_keys[0])}
    assert (access["role"], access["ver"], access["fam"]) == ("COACH", 0, refresh["fam"])
    assert uuid.UUID(access["fam"])
    assert access["jti"] != refresh["jti"]


def test_each_refresh_gives_a_new_refresh_token_of_the_same_family(api: Api) -> None:
    first = api.new_pair("owner")
    second = refresh(api, first)
    third = refresh(api, second)

    claims = [claims_of(pair["refreshToken"]) for pair in (first, second, third)]
    assert len({each["jti"] for each in claims}) == 3
    assert len({each["fam"] for each in claims}) == 1
    assert [use(api, pair) for pair in (first, second, third)] == [200, 200, 200]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_reuse_of_an_old_refresh_token_ends_its_family_with_all_access_tokens(api: Api, steps: int) -> None:
    pairs = [api.new_pair("owner")]
    for _ in range(steps):
        pairs.append(refresh(api, pairs[-1]))
    another_sign_in = api.new_pair("owner")

    with capture_logs() as lines:
        refused = send(api, REFRESH, pairs[0]["refreshToken"])

    assert problem_of(refused, 401)["detail"].startswith("This refresh token was used before")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert [use(api, pair) for pair in pairs] == [401] * len(pairs)
    assert [send(api, REFRESH, pair["refreshToken"]).status_code for pair in pairs] == [401] * len(pairs)
    assert use(api, another_sign_in) == 200
    (line,) = [line for line in lines if line["event"] == "tokens.reused"]
    assert line["log_level"] == "warning"
    assert line["family"] == claims_of(pairs[0]["refreshToken"])["fam"]


def test_of_two_refreshes_at_the_same_moment_one_goes_on_and_the_other_ends_nothing(
    app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the token as good before either has used it up: neither is a reuse."""
    pair, both_have_read = api.new_pair("owner"), threading.Barrier(2, timeout=20)

    def carry_on_together(holder: Holder, settings: Settings, **when: Any) -> str | None:
        both_have_read.wait()
        return carry_on(holder, settings, **when)

    monkeypatch.setattr(views, "carry_on", carry_on_together)
    answers = at_once(lambda: send(api, REFRESH, pair["refreshToken"]), times=2)

    winner, loser = sorted(answers, key=lambda answer: answer.status_code)
    assert (winner.status_code, loser.status_code) == (200, 409)
    assert "accessToken" not in loser.get_json()
    assert use(api, winner.get_json()) == 200
    monkeypatch.undo()
    assert refresh(api, winner.get_json())


def test_many_refreshes_at_once_give_one_pair_at_the_most(api: Api) -> None:
    pair = api.new_pair("owner")

    statuses = sorted(
        answer.status_code for answer in at_once(lambda: send(api, REFRESH, pair["refreshToken"]), times=6)
    )

    assert statuses.count(200) == 1
    assert set(statuses[1:]) <= {401, 409}


def test_a_refresh_while_the_account_is_put_out_gives_nothing(
    app: Flask, api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = api.new_pair("owner")

    def put_out_meanwhile(holder: Holder, settings: Settings, **when: Any) -> str | None:
        void_tokens(db.session.merge(cast.owner), at=NOON)
        db.session.commit()
        return carry_on(holder, settings, **when)

    monkeypatch.setattr(views, "carry_on", put_out_meanwhile)

    assert send(api, REFRESH, pair["refreshToken"]).status_code == 401


@pytest.mark.parametrize("kind", ["accessToken", "refreshToken"])
@pytest.mark.parametrize("prefix", ["", "/api"])
def test_revoking_either_token_ends_the_family(api: Api, kind: str, prefix: str) -> None:
    pair, another_sign_in = api.new_pair("owner"), api.new_pair("owner")

    answer = send(api, prefix + REVOKE, pair[kind])

    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert (use(api, pair), send(api, REFRESH, pair["refreshToken"]).status_code) == (401, 401)
    assert send(api, REVOKE, pair[kind]).status_code == 401
    assert use(api, another_sign_in) == 200


def test_an_old_refresh_token_can_still_be_revoked_and_so_ends_what_came_of_it(api: Api) -> None:
    first = api.new_pair("owner")
    second = refresh(api, first)

    assert send(api, REVOKE, first["refreshToken"]).status_code == 204
    assert use(api, second) == 401


def test_revoking_wants_a_token(api: Api) -> None:
    problem_of(api.post(REVOKE, by=None), 401)


STATES: dict[str, dict[str, Any]] = {
    "as before": {"is_enabled": True},
    "disabled": {"is_enabled": False},
    "another role": {"role": Role.VIEWER},
    "voided": {"token_version": 1},
    "renamed": {"name": "Olive Other-Name", "email": "olive@example.com"},
    "member": {"member_until": NOON + timedelta(days=1)},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("who", ["owner", "admin"])
def test_whether_a_token_is_good_follows_from_its_account_as_it_is_now(
    app: Flask, api: Api, cast: Cast, who: str, state: str
) -> None:
    pair = api.new_pair(who)
    with app.app_context():
        db.session.execute(update(User).where(User.id == cast[who].id).values(**STATES[state]))
        db.session.commit()

    expected = 200 if state in {"as before", "renamed", "member"} else 401
    assert use(api, pair) == expected
    assert send(api, REFRESH, pair["refreshToken"]).status_code == expected


def test_somebody_else_s_family_is_no_family(app: Flask, api: Api, cast: Cast) -> None:
    pair = api.new_pair("owner")
    with app.app_context():
        db.session.execute(update(RefreshFamily).values(user_id=cast.other_coach.id))
        db.session.commit()

    assert use(api, pair) == 401


def test_a_call_is_let_in_with_one_query(app: Flask, api: Api) -> None:
    pair = api.new_pair("viewer")

    with queries_of(app) as sent:
        assert send(api, "/programme/create-upload-url", pair["accessToken"]).status_code == 403

    assert len(sent) == 1, sent
    assert "JOIN refresh_family" in sent[0]


def test_a_token_that_is_not_rightly_signed_costs_no_query(app: Flask, api: Api) -> None:
    token = api.new_pair("viewer")["accessToken"]

    with queries_of(app) as sent:
        assert send(api, "/programme", token[:-4] + "AAAA").status_code == 401

    assert sent == []


def test_a_family_lasts_as_long_as_its_youngest_token(app: Flask, api: Api, clock: StoppedClock) -> None:
    pair = api.new_pair("owner")
    clock.advance(days=3)
    refresh(api, pair)

    with app.app_context():
        family = db.session.scalars(select(RefreshFamily)).one()
    assert (family.refreshed_at, family.expires_at) == (clock.at, clock.at + timedelta(days=30))


def test_after_too_many_refreshes_one_has_to_wait(api: Api) -> None:
    pair = api.new_pair("owner")
    for _ in range(30):
        pair = refresh(api, pair)

    refused = send(api, REFRESH, pair["refreshToken"])

    problem_of(refused, 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert use(api, pair) == 200
    assert refresh(api, api.new_pair("viewer"))


OLD, NEW = "o" * 40, "n" * 40


def test_while_a_key_is_replaced_tokens_of_both_are_good_and_the_newest_signs(
    start: Callable[..., Flask], api: Api, cast: Cast, settings: Settings
) -> None:
    old_app, both_app, new_app = (start(jwt_secret_keys=keys) for keys in ((OLD,), (NEW, OLD), (NEW,)))

    before = Api(old_app, cast, settings_with(settings, OLD)).new_pair("owner")
    during = Api(both_app, cast, settings_with(settings, NEW, OLD))
    after = Api(new_app, cast, settings_with(settings, NEW))

    assert (use(during, before), use(after, before)) == (200, 401)
    renewed = refresh(during, before)
    assert jwt.get_unverified_header(renewed["accessToken"])["kid"] == key_id(NEW)
    assert use(after, renewed) == 200
    assert send(after, REFRESH, before["refreshToken"]).status_code == 401


def test_a_key_under_another_s_name_signs_nothing(
    start: Callable[..., Flask], cast: Cast, settings: Settings, api: Api
) -> None:
    app = start(jwt_secret_keys=(NEW, OLD))
    both = Api(app, cast, settings_with(settings, NEW, OLD))
    claims = claims_of(both.new_pair("owner")["accessToken"])

    for key, name, status in ((OLD, OLD, 200), (NEW, NEW, 200), (OLD, NEW, 401), (NEW, OLD, 401)):
        token = jwt.encode(claims, key, "HS256", headers={"kid": key_id(name)})
        assert send(both, "/programme", token).status_code == status


def settings_with(settings: Settings, *keys: str) -> Settings:
    return replace(settings, jwt_secret_keys=keys)


def send(api: Api, path: str, token: str) -> Any:
    method = "GET" if path == "/programme" else "POST"
    return api.send(method, path, by=None, headers={"Authorization": f"Bearer {token}"})


def use(api: Api, pair: Pair) -> int:
    """What a call with the access token is answered."""
    return int(send(api, "/programme", pair["accessToken"]).status_code)


def refresh(api: Api, pair: Pair) -> Pair:
    answer = send(api, REFRESH, pair["refreshToken"])
    assert answer.status_code == 200, answer.get_data(as_text=True)
    fresh: Pair = answer.get_json()
    return fresh


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def at_once(call: Callable[[], Any], *, times: int) -> list[Any]:
    """The answers to some calls that are made at the same moment."""
    with ThreadPoolExecutor(times) as pool:
        return [future.result(timeout=30) for future in [pool.submit(call) for _ in range(times)]]
