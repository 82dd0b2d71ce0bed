"""Addresses in templates are those that Flask builds, whatever was built before."""

import uuid
from collections.abc import Callable
from typing import Any, cast

import pytest
from flask import Flask, url_for

UrlFor = Callable[..., str]
FIRST, SECOND = uuid.UUID(int=1), uuid.UUID("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("catalogue.show_catalogue", {}),
        ("catalogue.show_catalogue", {"tag": "calm & focus"}),
        ("catalogue.show_catalogue", {"tag": "calm", "cursor": "a=b"}),
        ("catalogue.watch", {"product_id": FIRST}),
        ("catalogue.watch", {"product_id": SECOND}),
        ("catalogue.watch", {"product_id": str(SECOND)}),
        ("catalogue.renew_playback", {"product_id": SECOND}),
        ("coach.edit_programme", {"product_id": FIRST}),
        ("coach.show_status", {"product_id": SECOND, "known": "ready"}),
        ("coach.show_status", {"known": str(uuid.UUID(int=0)), "product_id": SECOND}),
        ("admin.show_event", {"event_id": 7}),
    ],
)
@pytest.mark.parametrize("root", ["", "/portal"])
def test_an_address_is_the_one_that_flask_builds(app: Flask, endpoint: str, values: dict[str, Any], root: str) -> None:
    remembering = cast("UrlFor", app.jinja_env.globals["url_for"])
    with app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
        remembered = [remembering(endpoint, **values) for _ in range(2)]
        assert remembered == [url_for(endpoint, **values)] * 2


def test_each_programme_has_an_address_of_its_own(app: Flask) -> None:
    remembering = cast("UrlFor", app.jinja_env.globals["url_for"])
    with app.test_request_context():
        assert [remembering("catalogue.watch", product_id=each) for each in (FIRST, SECOND, FIRST)] == [
            f"/watch/{FIRST}",
            f"/watch/{SECOND}",
            f"/watch/{FIRST}",
        ]
