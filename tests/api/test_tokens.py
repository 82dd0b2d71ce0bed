"""Who is let in: signing in for a token, and every way in which a token can be no good."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask.testing import FlaskClient

from portal.api.tokens import key_id
from portal.config import Settings
from portal.extensions import db
from portal.models import RefreshFamily, Role, User
from portal.people.token_families import begin_family
from tests.callers import Api, fields_of, problem_of
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.signing import PUBLIC_KEY

OPEN_TO_ALL_ROLES = "/programme"
FOR_COACHES = "/programme/create-upload-url"
WRONG = {"email": "olive-owner@example.com", "password": "a wrong guess"}


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_signing_in_gives_a_pair_of_tokens(client: FlaskClient, cast: Cast, settings: Settings, prefix: str) -> None:
    response = client.post(f"{prefix}/auth/token", json={"email": cast.owner.email, "password": PASSWORD})

    assert response.status_code == 200
    body = response.get_json()
    assert set(body) == {"accessToken", "refreshToken", "tokenType", "expiresIn"}
    assert (body["tokenType"], body["expiresIn"]) == ("Bearer", 900)
    access, refresh = (claims_of(body[kind], settings) for kind in ("accessToken", "refreshToken"))
    assert (access["sub"], access["role"], access["type"]) == (str(cast.owner.id), "COACH", "access")
    assert access["exp"] - access["iat"] == 15 * 60
    assert (refresh["sub"], refresh["type"]) == (str(cast.owner.id), "refresh")
    assert refresh["exp"] - refresh["iat"] == 30 * 24 * 60 * 60


@pytest.mark.parametrize("address", ["OLIVE-OWNER@Example.com", "  olive-owner@example.com "])
def test_an_address_is_the_same_in_capitals_and_with_blanks_around_it(
    client: FlaskClient, cast: Cast, address: str
) -> None:
    assert client.post("/auth/token", json={"email": address, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    "credentials",
    [
        WRONG,
        {"email": "nobody@example.com", "password": PASSWORD},
        {"email": "", "password": ""},
        {"email": "olive-owner@example.com", "password": PASSWORD.upper()},
        {"email": "olive-owner@example.com\u0000", "password": PASSWORD},
        {"email": "olive-owner@example.com' OR '1'='1", "password": PASSWORD},
    ],
)
def test_wrong_credentials_are_all_answered_alike(client: FlaskClient, cast: Cast, credentials: dict[str, str]) -> None:
    response = client.post("/auth/token", json=credentials)

    assert problem_of(response, 401)["detail"] == "The e-mail address or the password is not right."
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_disabled_account_gets_no_token(app: Flask, client: FlaskClient, cast: Cast) -> None:
    change(app, cast.owner, is_enabled=False)

    assert client.post("/auth/token", json={"email": cast.owner.email, "password": PASSWORD}).status_code == 401


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "password"]),
        ({"email": None, "password": 5}, ["email", "password"]),
        ({"email": "a" * 255, "password": "p" * 1025}, ["email", "password"]),
        ({"email": "a@b", "password": "p", "remember": True}, ["remember"]),
    ],
)
def test_credentials_of_the_wrong_shape_are_told_field_by_field(
    client: FlaskClient, body: dict[str, Any], fields: list[str]
) -> None:
    assert fields_of(client.post("/auth/token", json=body)) == fields


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_refresh_token_gives_a_new_pair(api: Api, prefix: str) -> None:
    refresh = {"Authorization": f"Bearer {api.token_of('viewer', 'refreshToken')}"}

    response = api.post(f"{prefix}/auth/token/refresh", by=None, headers=refresh)

    assert response.status_code == 200
    assert set(response.get_json()) == {"accessToken", "refreshToken", "tokenType", "expiresIn"}
    access = {"Authorization": f"Bearer {response.get_json()['accessToken']}"}
    assert api.get("/programme", by=None, headers=access).status_code == 200


def test_each_token_is_good_for_its_own_purpose_only(api: Api) -> None:
    refresh = {"Authorization": f"Bearer {api.token_of('owner', 'refreshToken')}"}

    assert api.get(OPEN_TO_ALL_ROLES, by=None, headers=refresh).status_code == 401
    assert api.post("/auth/token/refresh", by="owner").status_code == 401


NO_TOKENS = (
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    "Bearer a.b.c",
    "Bearer a b",
    "Bearer ....",
    "Bearer eyJhbGciOiJIUzI1NiJ9.e30.",
    "Bearer ünï.cö.dé",
    "Basic b2xpdmU6aHVzaA==",
    "Token abc",
)


@pytest.mark.parametrize("path", ["/programme", "/api/programme"])
def test_a_call_without_a_token_that_can_be_read_is_answered_401(client: FlaskClient, path: str) -> None:
    for header in NO_TOKENS:
        sent = {} if header is None else {"Authorization": header.encode().decode("latin-1")}
        response = client.get(path, headers=sent)
        assert problem_of(response, 401)["detail"].startswith("The token is missing, expired or not accepted."), header
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_is_taken_from_the_header_alone(api: Api, client: FlaskClient) -> None:
    token = api.token_of("owner")

    client.set_cookie("access_token_cookie", token)
    assert client.get(f"/programme?jwt={token}&access_token={token}").status_code == 401


def test_a_session_of_the_pages_opens_nothing_here(client: FlaskClient, cast: Cast) -> None:
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = str(cast.admin.id), True

    assert client.get("/programme").status_code == 401


def test_the_tokens_made_here_are_accepted_unless_something_is_wrong(api: Api, forge: "Forger") -> None:
    assert is_accepted(api, forge.token())


WRONG_CLAIMS: tuple[dict[str, Any], ...] = (
    {"exp": 1},
    {"exp": "tomorrow"},
    {"nbf": 4_102_444_800},  # the year 2100
    {"type": "refresh"},
    {"role": "ADMIN"},  # rightly signed, and yet not what the account is
    {"role": "admin"},
    {"role": None},
    {"role": ["COACH"]},
    {"sub": None},
    {"sub": 5},
    {"sub": ""},
    {"sub": "0"},
    {"sub": "-1"},
    {"sub": "999999"},
    {"sub": "9" * 40},
    {"sub": "٣"},
    {"sub": "1 OR 1=1"},
    {"sub": "olive-owner@example.com"},
    {"ver": 1},
    {"ver": -1},
    {"ver": "0"},
    {"ver": False},
    {"ver": None},
    {"fam": None},
    {"fam": 5},
    {"fam": "none"},
    {"fam": "00000000-0000-0000-0000-000000000000"},
)


def test_a_rightly_signed_token_with_a_wrong_claim_is_no_token(api: Api, forge: "Forger") -> None:
    for claims in WRONG_CLAIMS:
        assert not is_accepted(api, forge.token(**claims)), claims


def test_a_token_is_good_until_its_last_second(api: Api, forge: "Forger") -> None:
    now = int(time.time())

    assert is_accepted(api, forge.token(exp=now + 60))
    assert not is_accepted(api, forge.token(exp=now - 1))


def test_a_token_without_a_signature_is_no_token(api: Api, forge: "Forger") -> None:
    for algorithm in ("none", "None", "NONE", "nOnE"):
        assert not is_accepted(api, forge.written_by_hand({"alg": algorithm, "typ": "JWT"}, b""))


def test_a_token_of_another_algorithm_is_no_token_even_with_the_right_key(api: Api, forge: "Forger") -> None:
    assert not is_accepted(api, forge.token(algorithm="HS512"))
    assert not is_accepted(api, forge.token(algorithm="HS384"))


def test_a_public_key_is_no_secret_to_sign_with(api: Api, forge: "Forger") -> None:
    """The RS256 confusion: HS256 with a public key, and a header that claims RS256."""
    public_key = PUBLIC_KEY.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    named = {"typ": "JWT", "kid": key_id(forge.key.decode())}
    from_public = forge.signed_by_hand({"alg": "HS256", **named}, public_key)

    assert is_accepted(api, forge.signed_by_hand({"alg": "HS256", **named}, forge.key))
    assert not is_accepted(api, from_public)
    assert not is_accepted(api, forge.signed_by_hand({"alg": "RS256", **named}, forge.key))
    assert not is_accepted(api, forge.signed_by_hand({"alg": "HS256", "jwk": {"kty": "oct", "k": "AA"}}, b"\x00"))


@pytest.mark.parametrize("name", [None, "", "0" * 16, 5, ["a"], "../../etc/passwd"])
def test_a_token_has_to_name_the_key_that_signed_it(api: Api, forge: "Forger", name: object) -> None:
    header = {"alg": "HS256", "typ": "JWT"} | ({} if name is None else {"kid": name})

    assert not is_accepted(api, forge.signed_by_hand(header, forge.key))


def test_a_token_signed_with_another_key_is_no_token(api: Api, forge: "Forger") -> None:
    assert not is_accepted(api, forge.token(key="k" * 40))
    assert not is_accepted(api, forge.token(key="s" * 40))  # SECRET_KEY, which is for sessions


def test_a_claim_that_was_changed_behind_the_signature_is_found_out(api: Api) -> None:
    header, payload, signature = api.token_of("viewer").split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = unpadded(json.dumps({**claims, "role": "ADMIN"}).encode())

    assert not is_accepted(api, f"{header}.{forged}.{signature}")
    assert not is_accepted(api, f"{header}.{payload}.{signature[:-4]}AAAA")
    assert not is_accepted(api, f"{header}.{payload}.")
    assert not is_accepted(api, f"{header}.{payload}")


def test_a_token_ends_with_its_account(app: Flask, api: Api, cast: Cast) -> None:
    token = api.token_of("viewer")
    assert is_accepted(api, token)

    change(app, cast.viewer, is_enabled=False)
    assert not is_accepted(api, token)

    with app.app_context():
        db.session.delete(db.session.merge(cast.viewer))
        db.session.commit()
    assert not is_accepted(api, token)


@pytest.mark.parametrize("kind", ["accessToken", "refreshToken"])
def test_a_token_ends_when_its_account_s_role_changes(app: Flask, api: Api, cast: Cast, kind: str) -> None:
    path, method = (OPEN_TO_ALL_ROLES, "GET") if kind == "accessToken" else ("/auth/token/refresh", "POST")
    headers = {"Authorization": f"Bearer {api.token_of('owner', kind)}"}
    assert api.send(method, path, by=None, headers=headers).status_code == 200

    change(app, cast.owner, role=Role.VIEWER)
    assert api.send(method, path, by=None, headers=headers).status_code == 401


def test_a_wrong_role_is_403_and_never_looks_at_the_body(api: Api) -> None:
    for who in ("viewer", "member"):
        response = api.post(FOR_COACHES, by=who, data=b"not JSON", content_type="text/plain")
        assert problem_of(response, 403)["detail"] == "Your role does not allow this."


def test_after_too_many_failed_sign_ins_one_has_to_wait(client: FlaskClient, cast: Cast) -> None:
    failed = [client.post("/auth/token", json=WRONG).status_code for _ in range(10)]
    assert failed == [401] * 10

    response = client.post("/auth/token", json={"email": cast.owner.email, "password": PASSWORD})

    problem_of(response, 429)
    assert 1 <= int(response.headers["Retry-After"]) <= 60


def test_waiting_concerns_the_guessed_account_and_not_the_others_at_the_same_address(
    client: FlaskClient, cast: Cast
) -> None:
    for _ in range(11):
        client.post("/auth/token", json=WRONG)

    assert client.post("/auth/token", json={"email": cast.viewer.email, "password": PASSWORD}).status_code == 200


def test_who_guesses_at_many_accounts_has_to_wait_too(client: FlaskClient, cast: Cast) -> None:
    for number in range(60):
        client.post("/auth/token", json={"email": f"guess-{number}@example.com", "password": "guess"})

    assert client.post("/auth/token", json={"email": cast.viewer.email, "password": PASSWORD}).status_code == 429


def test_other_spellings_of_an_address_are_the_same_account_to_the_counter(client: FlaskClient, cast: Cast) -> None:
    for number in range(10):
        spelling = " " * number + WRONG["email"].upper()
        client.post("/auth/token", json={**WRONG, "email": spelling})

    assert client.post("/auth/token", json=WRONG).status_code == 429


def test_a_sign_in_that_succeeds_does_not_count(client: FlaskClient, cast: Cast) -> None:
    right = {"email": cast.owner.email, "password": PASSWORD}

    assert {client.post("/auth/token", json=right).status_code for _ in range(15)} == {200}


class Forger:
    """Makes tokens for the owner, as wrong as a test wants them."""

    def __init__(self, cast: Cast, settings: Settings, family: RefreshFamily) -> None:
        self.key = settings.jwt_secret_keys[0].encode()
        now = int(time.time())
        self._claims: dict[str, Any] = {
            "sub": str(cast.owner.id),
            "role": "COACH",
            "type": "access",
            "iat": now,
            "nbf": now,
            "exp": now + 900,
            "jti": "0b7c8f0e",
            "fresh": False,
            "ver": 0,
            "fam": str(family.id),
        }

    def token(self, *, key: str | None = None, algorithm: str = "HS256", **claims: Any) -> str:
        """Claims that are None are left out; written by hand where the library would not sign such ones."""
        header = {"alg": algorithm, "typ": "JWT", "kid": key_id(self.key.decode())}
        kept = {name: value for name, value in {**self._claims, **claims}.items() if value is not None}
        secret = self.key if key is None else key.encode()
        return self._signed(header, kept, secret, algorithm.replace("HS", "sha"))

    def signed_by_hand(self, header: dict[str, Any], key: bytes) -> str:
        return self._signed(header, self._claims, key, "sha256")

    def written_by_hand(self, header: dict[str, Any], signature: bytes) -> str:
        return ".".join(unpadded(part) for part in (as_json(header), as_json(self._claims), signature))

    def _signed(self, header: dict[str, Any], claims: dict[str, Any], key: bytes, digest: str) -> str:
        text = f"{unpadded(as_json(header))}.{unpadded(as_json(claims))}"
        return f"{text}.{unpadded(hmac.new(key, text.encode(), getattr(hashlib, digest)).digest())}"


def is_accepted(api: Api, token: str) -> bool:
    status = api.get(OPEN_TO_ALL_ROLES, by=None, headers={"Authorization": f"Bearer {token}"}).status_code
    assert status in {200, 401}
    return status == 200


def as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token: str, settings: Settings) -> dict[str, Any]:
    return jwt.decode(token, settings.jwt_secret_keys[0], algorithms=["HS256"])


def change(app: Flask, user: User, **values: Any) -> None:
    with app.app_context():
        row = db.session.merge(user)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()


@pytest.fixture
def forge(app: Flask, cast: Cast, settings: Settings) -> Forger:
    with app.app_context():
        family = begin_family(cast.owner, settings, at=NOON)
        db.session.commit()
        return Forger(cast, settings, family)
