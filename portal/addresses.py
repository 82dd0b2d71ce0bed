"""Addresses of our own pages in templates, each built once: a page has a hundred of them."""

import uuid
from functools import lru_cache

from flask import Flask, request, url_for

MOST_REMEMBERED = 4096
ANY_PROGRAMME = uuid.UUID(int=0)  # what is remembered of addresses that differ only by the programme


def register_addresses(app: Flask) -> None:
    """Give templates a `url_for` that remembers."""

    @lru_cache(MOST_REMEMBERED)
    def built(_root: str, endpoint: str, values: tuple[tuple[str, object], ...]) -> str:
        return url_for(endpoint, **dict(values))  # type: ignore[arg-type]

    def remembered(endpoint: str, **values: object) -> str:
        """As Flask's, for paths on this site: the same for everybody who reached the portal under the same root."""
        product_id = values.get("product_id")
        if not isinstance(product_id, uuid.UUID):
            return built(request.root_path, endpoint, tuple(values.items()))
        values["product_id"] = ANY_PROGRAMME
        of_any = built(request.root_path, endpoint, tuple(values.items()))
        return of_any.replace(str(ANY_PROGRAMME), str(product_id), 1)

    app.jinja_env.globals["url_for"] = remembered
