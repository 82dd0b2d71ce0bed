"""Events answered before Flask is asked, which has nothing to add to them.

Whatever is not a plain success is left to the view, with the body as it came: no good signature, no event, too long,
or not applied.
"""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from flask import Flask

from portal.direct_route import answering
from portal.headers import UNSTORED, security_headers
from portal.mux.webhook import BadEventError, BadSignatureError, MuxEvent, parse, verify
from portal.webhooks.reception import Reception

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from portal.clock import Clock
    from portal.config import Settings

PATH = "/webhooks/mux"
BODY_MAX_BYTES = 1024 * 1024
LENGTH_MAX_DIGITS = len(str(BODY_MAX_BYTES))
FAILED = "portal.webhook_failed"  # in the environment of a request: the event was taken in, and could not be applied


class DirectWebhooks:
    """Stands before the application."""

    def __init__(self, app: Flask, reception: Reception, following: "WSGIApplication") -> None:
        settings: Settings = app.extensions["settings"]
        self._app, self._reception, self._following = app, reception, following
        self._secrets = settings.mux_webhook_secrets
        self._headers = [
            ("Content-Type", "application/json"),
            ("Cache-Control", UNSTORED),
            *security_headers(settings),
        ]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        event = self._event(environ) if environ["PATH_INFO"] == PATH else None
        if event is None:
            return self._following(environ, start_response)
        with answering(f"POST {PATH}"):
            receipt = self._reception.take(event)
        if receipt is None:
            environ[FAILED] = True
            return self._following(environ, start_response)
        body = b'{"outcome":"%s"}' % receipt.outcome.value.encode()
        start_response("200 OK", [("Content-Length", str(len(body))), *self._headers])
        return [body]

    def _event(self, environ: "WSGIEnvironment") -> MuxEvent | None:
        """The event, if the request is one of Mux's; None where it is for the view to say."""
        length = environ.get("CONTENT_LENGTH") or ""
        is_number = length.isascii() and length.isdecimal() and len(length) <= LENGTH_MAX_DIGITS
        is_short = is_number and int(length) <= BODY_MAX_BYTES
        if environ["REQUEST_METHOD"] != "POST" or not is_short:
            return None
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            now = cast("Clock", self._app.extensions["clock"])()
            verify(body, environ.get("HTTP_MUX_SIGNATURE"), self._secrets, now)
            return parse(body)
        except (BadSignatureError, BadEventError):
            return None
