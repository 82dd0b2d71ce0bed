"""The upload URL: PUT in chunks as upchunk sends them, or the whole file at once as curl -T does.

The answers follow Google Cloud Storage's resumable uploads, which stand behind Mux's upload URLs:
308 with a Range as long as bytes are missing, 200 when the file is complete.
"""

import logging

from flask import Blueprint, Response, g, request
from gunicorn.http.errors import NoMoreData, ParseException
from sqlalchemy import select

from local_mux.context import Context
from local_mux.models.upload import ASSET_CREATED, WAITING, Upload
from local_mux.receiving.content_range import ContentRange, ContentRangeError
from local_mux.receiving.writer import BrokenOffError, ReceivingError, Writer
from local_mux.uploads import complete_upload, expire_uploads

PREFLIGHT_SECONDS = 3600

receiving = Blueprint("receiving", __name__)
_writer = Writer()
_log = logging.getLogger(__name__)


@receiving.route("/upload/<token>", methods=["OPTIONS"], provide_automatic_options=False)
def preflight(token: str) -> Response:
    g.upload = _find(token)
    response = Response(status=204)
    if _origin_is_allowed():
        response.headers["Access-Control-Allow-Methods"] = "PUT"
        response.headers["Access-Control-Allow-Headers"] = "content-type, content-range"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


@receiving.put("/upload/<token>")
def receive(token: str) -> Response:
    context = Context.current()
    expire_uploads(context.database, context.storage)
    upload = g.upload = _find(token)
    if upload is None:
        return _refuse(404, "There is no such upload.")
    try:
        return _receive(upload, _content_range())
    except ContentRangeError as error:
        return _refuse(400, str(error))
    except ReceivingError as error:
        return _refuse(error.status, str(error))


@receiving.after_request
def _add_cors(response: Response) -> Response:
    response.headers["Vary"] = "Origin"
    if _origin_is_allowed():
        response.headers["Access-Control-Allow-Origin"] = g.upload.cors_origin
        response.headers["Access-Control-Expose-Headers"] = "Range"
    return response


def _find(token: str) -> Upload | None:
    with Context.current().database.reading() as session:
        return session.scalars(select(Upload).where(Upload.token == token)).one_or_none()


def _content_range() -> ContentRange | None:
    header = request.headers.get("Content-Range")
    if header is None:
        return None
    parsed = ContentRange.parse(header)
    if parsed.first is None or parsed.last is None:
        return parsed
    if request.content_length not in {None, parsed.last - parsed.first + 1}:
        raise ContentRangeError("Content-Range and Content-Length contradict each other.")
    return parsed


def _receive(upload: Upload, content_range: ContentRange | None) -> Response:
    if upload.status == ASSET_CREATED:
        return _receive_again(upload, content_range)
    if upload.status != WAITING:
        return _refuse_closed(upload)
    try:
        return _receive_chunk(upload, content_range) if content_range else _receive_whole(upload)
    except (NoMoreData, ParseException, ConnectionError) as error:
        raise BrokenOffError from error


def _receive_chunk(upload: Upload, content_range: ContentRange) -> Response:
    if content_range.total is not None and upload.total_bytes not in {None, content_range.total}:
        return _refuse(400, f"This upload was begun with a file of {upload.total_bytes} bytes.")
    total = upload.total_bytes if content_range.total is None else content_range.total
    if upload.total_bytes is None and total is not None:
        _remember_total(upload, total)
    if content_range.first is not None and content_range.last is not None:
        _writer.take(
            request.stream,
            Context.current().storage.upload(upload.id),
            first=content_range.first,
            expected_bytes=content_range.last - content_range.first + 1,
        )
    received = Context.current().storage.received_bytes(upload.id)
    return _complete(upload, received) if received == total else _resume_from(received)


def _receive_whole(upload: Upload) -> Response:
    """Take the file in one request, which always starts it over."""
    path = Context.current().storage.upload(upload.id)
    _writer.start_over(path)
    expected = request.content_length
    taken = _writer.take(request.stream, path, first=0, expected_bytes=expected)
    if expected is not None and taken < expected:
        raise BrokenOffError
    path.touch()
    return _complete(upload, taken)


def _receive_again(upload: Upload, content_range: ContentRange | None) -> Response:
    """Answer a repeat of what is complete as the first time, and refuse anything else."""
    total = request.content_length if content_range is None else content_range.total
    if total not in {None, upload.total_bytes}:
        return _refuse(409, "This upload is complete, and was another file.")
    return Response(status=200)


def _complete(upload: Upload, total_bytes: int) -> Response:
    context = Context.current()
    with context.database.writing() as session:
        current = session.get_one(Upload, upload.id)
        if current.status == WAITING:
            complete_upload(session, current, total_bytes)
            _log.info("upload %s: all %s bytes are here", upload.id, total_bytes)
    _writer.forget(context.storage.upload(upload.id))
    if current.status != ASSET_CREATED:
        return _refuse_closed(current)
    return Response(status=200)


def _remember_total(upload: Upload, total_bytes: int) -> None:
    with Context.current().database.writing(is_quiet=True) as session:
        session.get_one(Upload, upload.id).total_bytes = total_bytes


def _resume_from(received: int) -> Response:
    """Ask for the rest. Without a single byte there is no Range to name, as with Google's servers."""
    response = Response(status=308)
    if received:
        response.headers["Range"] = f"bytes=0-{received - 1}"
    return response


def _refuse_closed(upload: Upload) -> Response:
    return _refuse(410, f"This upload is {upload.status.replace('_', ' ')}.")


def _refuse(status: int, message: str) -> Response:
    return Response(f"{message}\n", status=status, mimetype="text/plain")


def _origin_is_allowed() -> bool:
    upload: Upload | None = g.get("upload")
    if upload is None or not upload.cors_origin:
        return False
    return upload.cors_origin == "*" or upload.cors_origin == request.headers.get("Origin")
