"""The portal's own tokens (JWT, HS256): which keys sign them, what they say, how they are made and read."""

import hashlib
from datetime import timedelta
from typing import Any

from flask import Flask, Response
from flask_jwt_extended import create_access_token, create_refresh_token, get_jwt, verify_jwt_in_request
from jwt import InvalidTokenError

from portal.config import Settings, current_settings
from portal.errors import problem
from portal.extensions import jwt
from portal.models import User

KEY_ID_CHARACTERS = 16
NOT_ACCEPTED = "The token is missing, expired or not accepted. Get one from /auth/token."


def configure_own_tokens(app: Flask, settings: Settings) -> None:
    """Tokens are signed with HS256 alone, so that one of another algorithm, or of none, is no token of ours."""
    app.config.update(
        JWT_SECRET_KEY=settings.jwt_secret_keys[0],
        JWT_ALGORITHM="HS256",
        JWT_TOKEN_LOCATION=["headers"],
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(seconds=settings.access_token_seconds),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(seconds=settings.refresh_token_seconds),
        JWT_COOKIE_CSRF_PROTECT=False,  # no cookies, so no claim against their misuse
    )
    jwt.init_app(app)
    jwt.decode_key_loader(lambda header, _claims: _key_named(header.get("kid")))
    jwt.unauthorized_loader(lambda _reason: unauthorized())
    jwt.invalid_token_loader(lambda _reason: unauthorized())
    jwt.expired_token_loader(lambda _header, _claims: unauthorized())


def unauthorized(detail: str = NOT_ACCEPTED) -> Response:
    """401, with the scheme that RFC 9110 wants named."""
    response = problem(401, detail)
    response.headers["WWW-Authenticate"] = 'Bearer realm="programme portal"'
    return response


def key_id(key: str) -> str:
    """What a key is called in the header of the tokens it signs: some of its hash, which tells nothing of it."""
    return hashlib.sha256(b"kid:" + key.encode()).hexdigest()[:KEY_ID_CHARACTERS]


def claims_of_own_token(*, refresh: bool = False, of_any_use: bool = False) -> dict[str, Any]:
    """What the token in this request's header says, once signature, times and use were found good; 401 otherwise."""
    verify_jwt_in_request(refresh=refresh, verify_type=not of_any_use)
    return get_jwt()


def token_pair(user: User, family_id: object, refresh_jti: str, settings: Settings) -> dict[str, Any]:
    """The answer to a sign-in and to a refresh."""
    claims = {"role": user.role.value, "ver": user.token_version, "fam": str(family_id)}
    named = {"kid": key_id(settings.jwt_secret_keys[0])}
    of_refresh = {**claims, "jti": refresh_jti}
    return {
        "accessToken": create_access_token(str(user.id), additional_claims=claims, additional_headers=named),
        "refreshToken": create_refresh_token(str(user.id), additional_claims=of_refresh, additional_headers=named),
        "tokenType": "Bearer",
        "expiresIn": settings.access_token_seconds,
    }


def _key_named(name: object) -> str:
    for key in current_settings().jwt_secret_keys:
        if key_id(key) == name:
            return key
    raise InvalidTokenError("no key of ours has this name")
