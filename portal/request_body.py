"""Reading a request's body with a limit that holds however it is sent."""

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge


def read_body(limit_bytes: int) -> bytes:
    """The raw body; RequestEntityTooLarge if it is longer than the limit.

    Flask's MAX_CONTENT_LENGTH does not hold for chunked bodies under gunicorn, which announce no length.
    """
    if (request.content_length or 0) > limit_bytes:
        raise RequestEntityTooLarge
    body = request.stream.read(limit_bytes + 1)
    if len(body) > limit_bytes:
        raise RequestEntityTooLarge
    return body
