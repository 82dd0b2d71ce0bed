"""ETags: who has an answer already is told that it is still true, and nothing more (RFC 9110, section 13).

A page's ETag leaves out the form token, which is written anew each time; the session that all of its tokens belong to
is in it instead.
"""

import hashlib

from flask import Flask, Response, g, request, session
from werkzeug.http import parse_etags

from portal.headers import CHECKED_EACH_TIME

TYPES = frozenset({"text/html", "application/json"})
ETAG_CHARACTERS = 32
FORM_TOKEN = "csrf_token"  # noqa: S105 - its name, in Flask-WTF's words


def register_conditional_answers(app: Flask) -> None:
    """Give answers to GET an ETag, and answer 304 to whoever knows it. Registered after the headers, it comes first."""
    app.after_request(answer_conditionally)


def answer_conditionally(answer: Response) -> Response:
    """The answer with its ETag, or 304 without a body."""
    is_whole = answer.status_code == 200 and not answer.is_streamed  # noqa: PLR2004
    if request.method != "GET" or not is_whole or answer.mimetype not in TYPES or "Cache-Control" in answer.headers:
        return answer
    etag = etag_of(answer.get_data())
    answer.headers["Cache-Control"] = CHECKED_EACH_TIME
    answer.set_etag(etag)
    if is_known(etag, request.headers.get("If-None-Match")):
        answer.status_code = 304
        answer.set_data(b"")
        del answer.headers["Content-Type"], answer.headers["Content-Length"]
    return answer


def etag_of(body: bytes) -> str:
    """What an answer's content is called, the same in every worker."""
    form_token = g.get(FORM_TOKEN)
    if form_token is None:
        return digest(body)
    return digest(body.replace(form_token.encode(), b"") + session.get(FORM_TOKEN, "").encode())


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:ETAG_CHARACTERS]


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the header If-None-Match names the ETag, strong or weak."""
    return bool(if_none_match) and parse_etags(if_none_match).contains_weak(etag)
