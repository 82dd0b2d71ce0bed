"""Who calls the API: bearer tokens (JWT) of our own or of the identity provider, checked against the account."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import Flask, abort, g, request
from jwt import InvalidTokenError
from werkzeug.exceptions import ServiceUnavailable

from portal.api.provider import TokenReader, current_reader, is_of_provider
from portal.api.provider_accounts import account_of
from portal.api.provider_keys import PAUSE_SECONDS, ProviderKeys, ProviderUnreachableError
from portal.api.tokens import claims_of_own_token, configure_own_tokens, unauthorized
from portal.config import Settings
from portal.models import Role, User
from portal.people.token_families import Claims, Holder, holder_of

P = ParamSpec("P")
R = TypeVar("R")


def configure_tokens(app: Flask, settings: Settings) -> None:
    """Make the application read tokens: its own, and those of the identity provider if there is one."""
    configure_own_tokens(app, settings)
    provider = settings.identity_provider
    app.extensions["provider_tokens"] = TokenReader(provider, ProviderKeys(provider)) if provider else None


def api_user() -> User:
    """The account that this call is made for; there is one wherever `needs_token` let the call through."""
    return cast("User", g.api_user)


def needs_token(*allowed: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view be called with a good access token of one of these roles only: 401 without, 403 for other roles."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            user = _caller()
            if user.role not in allowed:
                abort(403, "Your role does not allow this.")
            g.api_user = user
            return view(*args, **kwargs)

        return guarded

    return decorate


def holder_of_own_token(*, refresh: bool = False, of_any_use: bool = False) -> tuple[Holder, str]:
    """Whose token of ours came with this request, and the token's id; 401 without a good one. One query."""
    said = claims_of_own_token(refresh=refresh, of_any_use=of_any_use)
    claims = Claims.of(said)
    holder = holder_of(claims) if claims else None
    if holder is None:
        abort(unauthorized())
    return holder, str(said.get("jti"))


def _caller() -> User:
    reader, token = current_reader(), _bearer_token()
    if reader is not None and token is not None and is_of_provider(token):
        return _caller_by_provider(reader, token)
    holder, _ = holder_of_own_token()
    return holder.user


def _caller_by_provider(reader: TokenReader, token: str) -> User:
    try:
        person = reader.read(token)
    except InvalidTokenError:
        abort(unauthorized())
    except ProviderUnreachableError:
        words = "The identity provider can’t be reached, so its tokens can’t be checked."
        raise ServiceUnavailable(words, retry_after=PAUSE_SECONDS) from None
    if person.role is None:
        abort(403, "The token names no role of the portal: ADMIN, COACH or VIEWER.")
    user = account_of(person, person.role)
    if user is None:
        abort(unauthorized("The token is good, but it opens no account here."))
    return user


def _bearer_token() -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind == "Bearer" and token.strip() else None
