"""Every failure as an answer: problem+json (RFC 9457) for programs, a page in plain words for people."""

from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, json, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from portal.extensions import db
from portal.lifecycle.moves import StateConflictError
from portal.mux.gateway import MuxError

JSON_PATHS = ("/api/", "/programme", "/memberships", "/auth/token", "/webhooks/")

log = structlog.get_logger()

WORDS = {
    400: ("That did not arrive as it should", "Go back, reload the page and try again."),
    403: ("This is not for your account", "Sign in with another account, or ask an administrator."),
    404: ("There is nothing here", "The link may be old, or what it led to is not yours to see."),
    405: ("That can’t be done here", "Go back and use the buttons on the page."),
    409: ("Something changed in the meantime", "Go back, reload the page and try again."),
    413: ("That is too much at once", "Send less: the limits stand next to each field."),
    429: ("Too many tries", "Wait a minute, then try again."),
    500: ("Something broke on our side", "It is in our log. Nothing you entered was half saved; please try again."),
    502: ("Our video service said no", "Nothing is lost. Try again, and tell an administrator if it stays so."),
    503: ("Our video service can’t be reached", "Nothing is lost. Try again in a few minutes."),
}


class InvalidFieldsError(Exception):
    """Input that breaks rules: every broken field with a message for whoever sent it."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(f"{len(errors)} fields are not valid")
        self.errors = errors


def register_error_handlers(app: Flask) -> None:
    """Give every failure that can leave a view its answer."""
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(CSRFError, _answer_http_error)
    app.register_error_handler(InvalidFieldsError, _answer_invalid_fields)
    app.register_error_handler(MuxError, _answer_mux_error)
    app.register_error_handler(StateConflictError, _answer_conflict)
    app.register_error_handler(Exception, _answer_crash)


def problem(status: int, detail: str, **members: Any) -> Response:
    """An application/problem+json answer."""
    body = {"type": "about:blank", "title": HTTP_STATUS_CODES[status], "status": status, "detail": detail, **members}
    return Response(json.dumps(body), status=status, content_type="application/problem+json")


def wants_json() -> bool:
    """Whether a program asks: by its path, be there something or not, or by what it accepts."""
    return request.path.startswith(JSON_PATHS) or request.accept_mimetypes.best == "application/json"


def _answer(status: int, detail: str | None = None) -> Response:
    if wants_json():
        return problem(status, detail or HTTP_STATUS_CODES[status])
    heading, advice = WORDS.get(status, WORDS[500] if status >= HTTPStatus.INTERNAL_SERVER_ERROR else WORDS[400])
    page = render_template("errors/error.html", status=status, heading=heading, advice=advice)
    return make_response(page, status)


def _answer_http_error(error: HTTPException) -> Response:
    answer = error.get_response()
    is_ready_made = error.response is not None  # by whoever aborted: abort(problem(…))
    if is_ready_made or answer.status_code < HTTPStatus.BAD_REQUEST:  # or a redirect, as for a missing slash
        return make_response(answer)
    response = _answer(answer.status_code, error.description)
    for name in ("Allow", "Retry-After"):
        if name in answer.headers:
            response.headers[name] = answer.headers[name]
    return response


def _answer_invalid_fields(error: InvalidFieldsError) -> Response:
    return problem(422, "Some fields are not valid.", errors=error.errors)


def _answer_mux_error(error: MuxError) -> Response:
    """Mux's own sentence reaches whoever asked; the log has it with the cause, once."""
    db.session.rollback()
    log.warning("mux.failed", trouble=error.trouble, reason=error.message, path=request.path)
    response = _answer(503 if error.can_retry else 502, f"Mux: {error.message}")
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _answer_conflict(error: StateConflictError) -> Response:
    db.session.rollback()
    return _answer(409, str(error))


def _answer_crash(error: Exception) -> Response:
    db.session.rollback()
    log.error("request.crashed", path=request.path, exc_info=error)
    return _answer(500, "Something broke on our side.")
