"""Reading what API clients send: limits first, then JSON, then a schema, with every broken field told at once."""

from typing import TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, from_json
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from portal.errors import InvalidFieldsError
from portal.request_body import read_body

BODY_MAX_BYTES = 64 * 1024

Schema = TypeVar("Schema", bound=BaseModel)


class Nothing(BaseModel):
    """A body that says nothing."""

    model_config = ConfigDict(extra="forbid")


PLAIN_WORDS = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known here.",
    "string_type": "This is a text.",
    "bool_type": "This is true or false.",
    "bool_parsing": "This is true or false.",
    "list_type": "This is a list.",
    "uuid_type": "This is a UUID.",
    "uuid_parsing": "This is a UUID.",
    "int_parsing": "This is a whole number.",
    "int_type": "This is a whole number.",
    "model_type": "The body is a JSON object.",
    "model_attributes_type": "The body is a JSON object.",
}


def read_json(schema: type[Schema]) -> Schema:
    """The body as the schema has it; 413, 415, 400 or 422 (InvalidFieldsError) if it is not."""
    return _read(schema, read_body(BODY_MAX_BYTES))


def read_nothing() -> None:
    """Make sure that no body was sent, or an empty JSON object; refuse all else as read_json does."""
    raw = read_body(BODY_MAX_BYTES)
    if raw.strip():
        _read(Nothing, raw)


def _read(schema: type[Schema], raw: bytes) -> Schema:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
    try:
        from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise BadRequest("The body is not JSON.") from error
    try:
        return schema.model_validate_json(raw)
    except ValidationError as error:
        raise InvalidFieldsError(_told_plainly(error)) from error


def read_query(schema: type[Schema]) -> Schema:
    """The query string as the schema has it; 422 (InvalidFieldsError) if it is not."""
    try:
        return schema.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise InvalidFieldsError(_told_plainly(error)) from error


def _told_plainly(error: ValidationError) -> list[dict[str, str]]:
    return [{"field": _path(detail), "message": _message(detail)} for detail in error.errors(include_url=False)]


def _path(detail: ErrorDetails) -> str:
    return ".".join(str(part) for part in detail["loc"]) or "body"


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    return PLAIN_WORDS.get(detail["type"], detail["msg"])
