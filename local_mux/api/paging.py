"""`limit`, `page` and `cursor` of the list calls."""

from dataclasses import dataclass

from flask import request

from local_mux.errors import InvalidParametersError

DEFAULT_LIMIT = 25
MAX_LIMIT = 100


@dataclass(frozen=True)
class Page:
    limit: int
    offset: int

    @classmethod
    def asked_for(cls) -> "Page":
        """Read the query; the default limit is the one of Mux's OpenAPI, its guide says 10."""
        limit = _number("limit", default=DEFAULT_LIMIT, most=MAX_LIMIT)
        return cls(limit=limit, offset=(_number("page", default=1, most=1_000_000) - 1) * limit)


def _number(name: str, *, default: int, most: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise InvalidParametersError(f"{name}: must be a whole number from 1 to {most}")
    return int(text)
