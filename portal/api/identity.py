"""Who calls the API: bearer tokens (JWT) with a role, checked against the account on every call."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, Response, abort, g
from flask_jwt_extended import create_access_token, create_refresh_token, get_jwt, verify_jwt_in_request

from portal.config import Settings
from portal.errors import problem
from portal.extensions import db, jwt
from portal.models import Role, User

ROLE_CLAIM = "role"
NOT_ACCEPTED = "The token is missing, expired or not accepted. Get one from /auth/token."

P = ParamSpec("P")
R = TypeVar("R")


def configure_tokens(app: Flask, settings: Settings) -> None:
    """Tokens are signed with HS256 alone, so that one of another algorithm, or of none, is no token."""
    app.config.update(
        JWT_SECRET_KEY=settings.jwt_secret_key,
        JWT_ALGORITHM="HS256",
        JWT_TOKEN_LOCATION=["headers"],
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(seconds=settings.access_token_seconds),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(seconds=settings.refresh_token_seconds),
        JWT_COOKIE_CSRF_PROTECT=False,  # no cookies, so no claim against their misuse
    )
    jwt.init_app(app)
    jwt.unauthorized_loader(lambda _reason: unauthorized())
    jwt.invalid_token_loader(lambda _reason: unauthorized())
    jwt.expired_token_loader(lambda _header, _claims: unauthorized())


def unauthorized(detail: str = NOT_ACCEPTED) -> Response:
    """401, with the scheme that RFC 9110 wants named."""
    response = problem(401, detail)
    response.headers["WWW-Authenticate"] = 'Bearer realm="programme portal"'
    return response


def api_user() -> User:
    """The account that this call is made for; there is one wherever `needs_token` let the call through."""
    return cast("User", g.api_user)


def needs_token(*allowed: Role, refresh: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view be called with a good token of one of these roles only: 401 without, 403 for other roles."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            verify_jwt_in_request(refresh=refresh)
            user = _account_of(get_jwt())
            if user is None:
                abort(unauthorized())
            if user.role not in allowed:
                abort(403, "Your role does not allow this.")
            g.api_user = user
            return view(*args, **kwargs)

        return guarded

    return decorate


def token_answer(user: User, settings: Settings) -> dict[str, Any]:
    """What a sign-in by API comes to."""
    claims = {ROLE_CLAIM: user.role.value}
    return {
        "accessToken": create_access_token(identity=str(user.id), additional_claims=claims),
        "refreshToken": create_refresh_token(identity=str(user.id), additional_claims=claims),
        "tokenType": "Bearer",
        "expiresIn": settings.access_token_seconds,
    }


def _account_of(claims: dict[str, Any]) -> User | None:
    """The enabled account that a token names, None also when its role is not the one in the token any more."""
    subject = str(claims.get("sub", ""))
    if not (subject.isascii() and subject.isdecimal() and len(subject) < 19):  # noqa: PLR2004 - fits 64 bits
        return None
    user = db.session.get(User, int(subject))
    if user is None or not user.is_enabled or user.role.value != claims.get(ROLE_CLAIM):
        return None
    return user
