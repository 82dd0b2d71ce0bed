"""Mux's refusals: one exception per kind, one envelope for all (mux-contract, general facts)."""

from typing import Any

from flask import Flask, Response, jsonify


class MuxError(Exception):
    """A refusal that becomes `{"error": {"type", "messages"}}`."""

    status = 400
    type = "invalid_parameters"

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)


class InvalidParametersError(MuxError):
    """Something the caller sent breaks a rule; the message names the field."""


class UnauthorizedError(MuxError):
    """The access token is missing or wrong."""

    status = 401
    type = "unauthorized"

    def __init__(self) -> None:
        super().__init__("Unauthorized request")


class ForbiddenError(MuxError):
    """A playback token is missing, wrong, too old, or for something else."""

    status = 403
    type = "forbidden"


class NotFoundError(MuxError):
    """There is no such thing, or not any more."""

    status = 404
    type = "not_found"

    def __init__(
        self, message: str = "The requested resource either doesn't exist or you don't have access to it."
    ) -> None:
        super().__init__(message)


class PreconditionFailedError(MuxError):
    """The asset exists but cannot be played: not ready yet, or errored."""

    status = 412
    type = "precondition_failed"


def envelope(error_type: str, messages: list[str], status: int) -> Response:
    """Lay out a refusal as Mux does."""
    response = jsonify({"error": {"type": error_type, "messages": messages}})
    response.status_code = status
    return response


def register(app: Flask) -> None:
    """Let views raise, and answer with the envelope."""

    @app.errorhandler(MuxError)
    def _mux_error(error: MuxError) -> Response:
        return envelope(error.type, error.messages, error.status)

    @app.errorhandler(404)
    def _unknown_path(_error: Any) -> Response:
        return _mux_error(NotFoundError())

    @app.errorhandler(405)
    def _wrong_method(error: Any) -> Response:
        response = envelope("method_not_allowed", ["This path does not take that method."], 405)
        response.headers["Allow"] = ", ".join(error.valid_methods or [])
        return response

    @app.errorhandler(500)
    def _own_failure(_error: Any) -> Response:
        return envelope("internal_error", ["The local Mux failed; its log says why."], 500)
