"""JSON out of the application, written by the library that reads it in (pydantic-core)."""

import json
from typing import Any

from flask.json.provider import JSONProvider
from pydantic_core import to_json


class FastJson(JSONProvider):
    """Names keep their order; texts are UTF-8."""

    def dumps(self, obj: Any, **_options: Any) -> str:
        return to_json(obj).decode()

    def loads(self, s: str | bytes, **options: Any) -> Any:
        return json.loads(s, **options)
