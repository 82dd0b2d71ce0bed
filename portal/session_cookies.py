"""The cookie of a session, read: a signature that was found good is not checked again, the cookie's age each time."""

from copy import deepcopy
from functools import lru_cache
from time import time
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature

MOST_REMEMBERED = 2048  # cookies, about a kilobyte each


def register_session_cookies(app: Flask) -> None:
    """Read the application's cookies so."""
    app.session_interface = SessionCookies(app)


class SessionCookies(SecureCookieSessionInterface):
    """As Flask's. Whether the session that a cookie names still lasts is for the database to say (portal.auth)."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._read = lru_cache(MOST_REMEMBERED)(self._checked)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """What the cookie says; an empty session where there is none, or none of ours, or one too old."""
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie:
            return self.session_class()
        try:
            said, signed_at = self._read(cookie)
        except BadSignature:
            return self.session_class()
        age_seconds = int(time()) - signed_at
        is_good = 0 <= age_seconds <= app.permanent_session_lifetime.total_seconds()
        return self.session_class(deepcopy(said) if is_good else None)

    def _checked(self, cookie: str) -> tuple[dict[str, Any], int]:
        """What a cookie of ours says, and the epoch second when it was signed; an exception is not remembered."""
        serializer = self.get_signing_serializer(self._app)
        if serializer is None:
            raise BadSignature("nothing is ours without SECRET_KEY")
        said, signed_at = serializer.loads(cookie, return_timestamp=True)
        return said, int(signed_at.timestamp())
