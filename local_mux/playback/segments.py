"""Segments, which are nearly all that viewers fetch: answered before Flask is asked, with nothing but a file to send.

Only what is plainly good is answered here. A range, a revalidation, a signature that does not hold, a playback id
that is gone: all of that goes on to the views, which know how to say no.
"""

import hmac
import os
import re
import time
from collections.abc import Iterable
from email.utils import formatdate
from typing import TYPE_CHECKING

from werkzeug.wsgi import wrap_file

from local_mux.context import Context
from local_mux.models.asset import READY
from local_mux.playback.access import cache_control, find_playback_id
from local_mux.playback.blueprint import CORS_HEADERS, SEGMENT_TYPE
from local_mux.playback.child_urls import signature_of
from local_mux.playback.tokens import STREAM

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BLOCK_BYTES = 64 * 1024
_SEGMENT_PATH = re.compile(r"/([A-Za-z0-9]+)/(\d{5,7}\.m4s)", re.ASCII)
_SIGNED_QUERY = re.compile(r"expires=(\d{1,12})&signature=([0-9a-f]{64})", re.ASCII)
_CONDITIONS = ("HTTP_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_RANGE")


class Segments:
    """WSGI middleware around the application."""

    def __init__(self, application: "WSGIApplication", context: Context) -> None:
        self._application = application
        self._context = context

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Send a segment, or leave the request to the application."""
        asked = _SEGMENT_PATH.fullmatch(environ["PATH_INFO"])
        if asked is None or environ["REQUEST_METHOD"] != "GET" or any(name in environ for name in _CONDITIONS):
            return self._application(environ, start_response)
        playback_id, name = asked.groups()
        found = find_playback_id(self._context.database, playback_id)
        if found is None or found.asset.status != READY:
            return self._application(environ, start_response)
        if not (found.is_public or self._is_signed(playback_id, environ["QUERY_STRING"])):
            return self._application(environ, start_response)
        try:
            file = (self._context.storage.stream(found.asset_id) / name).open("rb", buffering=0)
        except FileNotFoundError:
            return self._application(environ, start_response)
        facts = os.fstat(file.fileno())
        headers = [
            ("Content-Type", SEGMENT_TYPE),
            ("Content-Length", str(facts.st_size)),
            ("Accept-Ranges", "bytes"),
            ("Last-Modified", formatdate(facts.st_mtime, usegmt=True)),
            ("Cache-Control", cache_control(is_public=found.is_public)),
            *CORS_HEADERS,
        ]
        start_response("200 OK", headers)
        return wrap_file(environ, file, BLOCK_BYTES)  # gunicorn sends it by sendfile, and closes it

    def _is_signed(self, playback_id: str, query: str) -> bool:
        signed = _SIGNED_QUERY.fullmatch(query)
        if signed is None or int(signed[1]) <= time.time():
            return False
        expected = signature_of(self._context.child_url_key, playback_id, STREAM, int(signed[1]))
        return hmac.compare_digest(signed[2], expected)
