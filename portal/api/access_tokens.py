"""Access tokens of ours read outside of a request: a signature is checked once, times and account on each call."""

from functools import lru_cache
from time import time

from flask import Flask
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from portal.people.token_families import Claims

MOST_REMEMBERED = 2048  # tokens, about a kilobyte each


class AccessTokens:
    """Reads the header that API calls carry. What a signature proves does not change; whether it still counts does."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._read = lru_cache(MOST_REMEMBERED)(self._decode)

    def claims_of(self, authorization: str) -> Claims | None:
        """What a good access token says; None for anything else, whatever is wrong with it."""
        kind, _, token = authorization.partition(" ")
        if kind != "Bearer":
            return None
        try:
            claims, begins, ends = self._read(token)
        except (PyJWTError, JWTExtendedException, ValueError):
            return None
        return claims if begins <= time() < ends else None

    def _decode(self, token: str) -> tuple[Claims, float, float]:
        """The claims, and the epoch seconds between which they hold; an exception is not remembered."""
        with self._app.app_context():
            said = decode_token(token)
        claims = Claims.of(said)
        if claims is None or said.get("type") != "access":
            raise ValueError("not an access token of ours")
        return claims, float(said.get("nbf", 0)), float(said["exp"])
