"""Tokens of an identity provider: which are good, which account each stands for, and where its keys come from."""

import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from sqlalchemy import select, update

from portal.api.provider_keys import ProviderKeys
from portal.api.tokens import key_id
from portal.config import Settings
from portal.extensions import db
from portal.models import Role, User
from portal.provider_settings import IdentityProvider
from tests.callers import Api, problem_of
from tests.conftest import Cast
from tests.queries import queries_of
from tests.signing import PRIVATE_KEY as RSA_KEY

ISSUER, AUDIENCE = "https://id.example.com", "portal"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOT_OURS = "The token is good, but it opens no account here."

Make = Callable[..., Api]


@pytest.mark.parametrize("kid", ["rsa-1", "ec-1"])
def test_a_good_token_of_either_kind_opens_an_account_that_is_made_on_first_use(
    app: Flask, house: Api, kid: str
) -> None:
    for _ in range(2):
        assert call(house, token(kid)).status_code == 200

    (user,) = accounts(app, "pia@example.com")
    assert (user.name, user.role, user.external_subject) == ("Pia Provider", Role.COACH, f"{ISSUER} person-1")
    assert (user.password_hash, user.is_enabled) == ("", True)


def test_it_is_good_for_what_its_role_is_good_for(house: Api) -> None:
    coach, viewer = token(), token(sub="person-2", email="v@example.com", role="VIEWER")

    created = house.post("/programme/create-upload-url", {"title": "T"}, by=None, headers=bearer(coach))
    refused = house.post("/programme/create-upload-url", {"title": "T"}, by=None, headers=bearer(viewer))

    assert (created.status_code, refused.status_code) == (201, 403)


NOW = int(time.time())
REFUSED: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 60},
    "never expires": {"exp": None},
    "not yet": {"nbf": NOW + 600},
    "another issuer": {"iss": "https://evil.example.com"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "shop"},
    "audience is a part": {"aud": "port"},
    "no audience": {"aud": None},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "long subject": {"sub": "s" * 256},
    "subject is a number": {"sub": 5},
    "no e-mail": {"email": None},
    "no address": {"email": "pia"},
    "two addresses": {"email": "pia@example.com, admin@example.com"},
    "long address": {"email": "p" * 250 + "@example.com"},
    "e-mail not verified": {"email_verified": False},
}


def test_a_token_that_says_something_wrong_opens_nothing_and_makes_no_account(app: Flask, house: Api) -> None:
    for what, claims in REFUSED.items():
        assert call(house, token(**claims)).status_code == 401, what

    assert accounts(app, "pia@example.com") == []


def test_clocks_may_differ_by_ten_seconds(house: Api) -> None:
    now = int(time.time())

    assert call(house, token(exp=now - 5)).status_code == 200
    assert call(house, token(exp=now - 15)).status_code == 401


@pytest.mark.parametrize("role", ["admin", "KING", "", None, 5, ["ADMIN"], {"ADMIN": True}])
def test_a_role_that_is_none_of_ours_is_403_and_makes_no_account(app: Flask, house: Api, role: object) -> None:
    answer = call(house, token(role=role))

    assert "names no role of the portal" in problem_of(answer, 403)["detail"]
    assert accounts(app, "pia@example.com") == []


def test_the_key_decides_the_algorithm_and_not_the_token(house: Api, settings: Settings) -> None:
    """HS256 with a public key, RS256 with our own secret's name, and no signature at all."""
    own_name = key_id(settings.jwt_secret_keys[0])
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged = [
        by_hand({"alg": "HS256", "kid": kid}, key) for kid in ("rsa-1", own_name) for key in (pem, b"", b"\x00" * 32)
    ]
    forged += [by_hand({"alg": alg, "kid": "rsa-1"}, None) for alg in ("none", "None", "RS256", "ES256", "")]
    forged += [jwt.encode(claims_with(), RSA_KEY, alg, headers={"kid": "rsa-1"}) for alg in ("RS384", "RS512", "PS256")]
    forged.append(jwt.encode(claims_with(), EC_KEY, "ES256", headers={"kid": "rsa-1"}))
    forged.append(jwt.encode(claims_with(), RSA_KEY, "RS256", headers={"kid": "ec-1"}))
    forged.append(jwt.encode(claims_with(), STRANGE_KEY, "RS256", headers={"kid": "rsa-1"}))
    forged.append(jwt.encode(claims_with(), STRANGE_KEY, "RS256", headers={"kid": own_name}))
    forged.append(jwt.encode(claims_with(), "k" * 40, "HS256", headers={"kid": "secret-1"}))
    forged.append(jwt.encode(claims_with(), RSA_KEY, "RS256"))

    for number, each in enumerate(forged):
        assert call(house, each).status_code == 401, number


def test_its_tokens_refresh_and_revoke_nothing(house: Api) -> None:
    for path in ("/auth/token/refresh", "/auth/token/revoke"):
        assert house.post(path, by=None, headers=bearer(token())).status_code == 401


def test_without_a_provider_its_tokens_are_no_tokens_and_ours_stay_good_with_one(api: Api, house: Api) -> None:
    assert call(api, token()).status_code == 401
    assert house.get("/programme", by="owner").status_code == 200


@pytest.mark.parametrize(("is_verified", "status"), [(True, 200), (False, 401), (None, 401), ("true", 401)])
def test_an_account_with_the_same_address_is_linked_only_where_the_provider_vouches_for_it(
    app: Flask, house: Api, cast: Cast, *, is_verified: object, status: int
) -> None:
    answer = call(house, token(email=cast.owner.email.upper(), email_verified=is_verified, role="VIEWER"))

    assert answer.status_code == status
    (user,) = accounts(app, cast.owner.email)
    linked = (f"{ISSUER} person-1", Role.VIEWER)
    assert (user.external_subject, user.role) == (linked if status == 200 else (None, Role.COACH))


def test_an_account_is_linked_to_one_person_only(app: Flask, house: Api) -> None:
    assert call(house, token(email_verified=True)).status_code == 200

    again = call(house, token(sub="person-2", email_verified=True))

    assert problem_of(again, 401)["detail"] == NOT_OURS


def test_the_role_follows_the_provider_and_own_tokens_of_before_are_void(app: Flask, house: Api, cast: Cast) -> None:
    own = bearer(house.new_pair("owner")["accessToken"])
    linking: dict[str, Any] = {"email": cast.owner.email, "email_verified": True}
    assert call(house, token(**linking)).status_code == 200
    assert house.get("/programme", by=None, headers=own).status_code == 200

    assert call(house, token(**linking, role="VIEWER")).status_code == 200

    assert accounts(app, cast.owner.email)[0].role is Role.VIEWER
    assert house.get("/programme", by=None, headers=own).status_code == 401


def test_a_disabled_account_stays_out_whatever_the_provider_says(app: Flask, house: Api) -> None:
    call(house, token())
    with app.app_context():
        db.session.execute(update(User).where(User.email == "pia@example.com").values(is_enabled=False))
        db.session.commit()

    for role in ("COACH", "ADMIN"):
        assert problem_of(call(house, token(role=role)), 401)["detail"] == NOT_OURS
    assert accounts(app, "pia@example.com")[0].role is Role.COACH


def test_nobody_signs_in_by_password_to_an_account_that_has_none(house: Api) -> None:
    call(house, token())

    for password in ("x", "", " "):
        answer = house.post("/auth/token", {"email": "pia@example.com", "password": password}, by=None)
        assert answer.status_code == 401


def test_whoever_was_here_before_is_found_with_one_query(house_app: Flask, house: Api) -> None:
    call(house, token(role="VIEWER"))

    with queries_of(house_app) as sent:
        answer = house.post("/programme/create-upload-url", {}, by=None, headers=bearer(token(role="VIEWER")))

    assert answer.status_code == 403
    assert len(sent) == 1, sent


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("realm.access.role", {"realm": {"access": {"role": "COACH"}}}),
        ("https://example.com/role", {"https://example.com/role": "COACH"}),
    ],
)
def test_the_role_s_claim_may_be_named(make_house: Make, path: str, claims: dict[str, Any]) -> None:
    house = make_house(role_claim=path)

    assert call(house, token(role=None, **claims)).status_code == 200
    assert call(house, token(role="COACH", realm="flat")).status_code == 403


def test_one_public_key_will_do_instead_of_a_set(make_house: Make) -> None:
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    house = make_house(jwks_url=None, public_key=pem.decode())

    assert call(house, jwt.encode(claims_with(), RSA_KEY, "RS256")).status_code == 200
    for forged in (by_hand({"alg": "HS256"}, pem), jwt.encode(claims_with(), EC_KEY, "ES256")):
        assert call(house, forged).status_code == 401


def test_a_provider_that_can_t_be_reached_is_503_for_its_own_people_only(make_house: Make, jwks: "Jwks") -> None:
    jwks.stop()
    house = make_house()

    for _ in range(2):
        answer = call(house, token())
        problem_of(answer, 503)
        assert answer.headers["Retry-After"] == "60"
    assert house.get("/programme", by="owner").status_code == 200


def test_keys_are_fetched_once_an_hour_and_an_unknown_name_at_most_once_a_minute(jwks: "Jwks") -> None:
    seconds = 1000.0
    keys = ProviderKeys(provider(jwks_url=jwks.url), seconds=lambda: seconds)

    assert keys.find("rsa-1") is not None
    assert [keys.find("new-1") for _ in range(5)] == [None] * 5
    assert jwks.asked == 1
    seconds += 60
    jwks.keys["new-1"] = jwks.keys.pop("ec-1")
    assert keys.find("new-1") is not None
    assert keys.find("ec-1") is None
    assert jwks.asked == 2
    seconds += 3600
    assert keys.find("rsa-1") is not None
    assert jwks.asked == 3
    for strange in (None, 5, ["rsa-1"]):
        assert keys.find(strange) is None
    assert jwks.asked == 3


def test_known_keys_stay_in_use_while_the_provider_is_away(jwks: "Jwks") -> None:
    seconds = 1000.0
    keys = ProviderKeys(provider(jwks_url=jwks.url), seconds=lambda: seconds)
    known = keys.find("rsa-1")
    seconds += 7200
    jwks.body = b"<html>under maintenance</html>"

    assert keys.find("rsa-1") is known
    assert keys.find("new-1") is None


def test_one_unreadable_key_in_the_set_leaves_the_others_good(jwks: "Jwks") -> None:
    jwks.keys["future"] = {"kty": "PQC", "kid": "future"}
    keys = ProviderKeys(provider(jwks_url=jwks.url))

    assert keys.find("rsa-1") is not None
    assert keys.find("future") is None


def token(kid: str = "rsa-1", **claims: Any) -> str:
    key, algorithm = (EC_KEY, "ES256") if kid == "ec-1" else (RSA_KEY, "RS256")
    return jwt.encode(claims_with(**claims), key, algorithm, headers={"kid": kid})


def claims_with(**claims: Any) -> dict[str, Any]:
    """A good token's claims, some of them changed; those that are None are left out."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "person-1",
        "exp": int(time.time()) + 300,
        "email": "pia@example.com",
        "name": "Pia Provider",
        "role": "COACH",
    }
    return {name: value for name, value in {**good, **claims}.items() if value is not None}


def by_hand(header: dict[str, str], key: bytes | None) -> str:
    """A token that the library would not sign."""
    parts = [jwt.utils.base64url_encode(json.dumps(part).encode()) for part in (header, claims_with())]
    signature = b"" if key is None else hmac.digest(key, b".".join(parts), "sha256")
    return b".".join([*parts, jwt.utils.base64url_encode(signature)]).decode()


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


def call(api: Api, value: str) -> Any:
    return api.get("/programme", by=None, headers=bearer(value))


def accounts(app: Flask, email: str) -> list[User]:
    with app.app_context():
        return list(db.session.scalars(select(User).where(User.email == email)))


def provider(**changes: Any) -> IdentityProvider:
    return replace(IdentityProvider(issuer=ISSUER, audience=AUDIENCE), **changes)


class Jwks:
    """A provider's key set on a web server of its own."""

    def __init__(self) -> None:
        public: dict[str, dict[str, Any]] = {
            "rsa-1": RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True),
            "ec-1": ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True),
            "secret-1": {"kty": "oct", "k": jwt.utils.base64url_encode(b"k" * 40).decode()},
        }
        self.keys, self.asked, self.body = public, 0, b""
        jwks = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                jwks.asked += 1
                keys = [{**key, "kid": kid, "use": "sig"} for kid, key in jwks.keys.items()]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(jwks.body or json.dumps({"keys": keys}).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


@pytest.fixture
def jwks() -> Iterator[Jwks]:
    jwks = Jwks()
    yield jwks
    jwks.stop()


@pytest.fixture
def make_house(start: Callable[..., Flask], cast: Cast, settings: Settings, jwks: Jwks) -> Make:
    """A portal beside an identity provider."""

    def make(**changes: Any) -> Api:
        app = start(identity_provider=provider(**{"jwks_url": jwks.url, **changes}))
        return Api(app, cast, settings)

    return make


@pytest.fixture
def house_app(start: Callable[..., Flask], jwks: Jwks) -> Flask:
    return start(identity_provider=provider(jwks_url=jwks.url))


@pytest.fixture
def house(house_app: Flask, cast: Cast, settings: Settings) -> Api:
    return Api(house_app, cast, settings)
