"""The blueprint of all that players load. Any page may load it; tokens say who may have it."""

from pathlib import Path

from flask import Blueprint, Response, send_file

from local_mux.errors import NotFoundError

SEGMENT_TYPE = "video/iso.segment"
CORS_HEADERS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Content-Length, Content-Range"),
)

playback = Blueprint("playback", __name__)


@playback.after_request
def _allow_every_origin(response: Response) -> Response:
    response.headers.update(CORS_HEADERS)
    return response


def playlist(text: str) -> Response:
    """Answer with a playlist; it holds signatures, so no one keeps it."""
    response = Response(text, mimetype="application/vnd.apple.mpegurl")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def file(path: Path, mimetype: str, cache_control: str) -> Response:
    """Answer with a file, whole or in ranges."""
    if not path.is_file():
        raise NotFoundError
    response = send_file(path, mimetype=mimetype, conditional=True)
    response.headers["Cache-Control"] = cache_control
    return response
