"""OEmbed: what other sites are told of a programme's address (https://oembed.com)."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.config import Settings
from portal.models import Programme
from tests.pages import Reader

Make = Callable[..., Programme]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, embed_origins=("https://club.example",), public_catalogue=True)


def ask(client: FlaskClient, programme: Programme | uuid.UUID, **parameters: Any) -> TestResponse:
    product_id = programme if isinstance(programme, uuid.UUID) else programme.product_id
    return client.get("/oembed", query_string={"url": f"http://portal.test/watch/{product_id}", **parameters})


def test_a_programme_is_described_with_a_frame_to_paste(client: FlaskClient, make: Make) -> None:
    programme = make(title='Breathing "slowly" & <well>')

    answer = ask(client, programme, format="json")

    assert answer.content_type == "application/json"
    body = answer.get_json()
    frame = BeautifulSoup(body.pop("html"), "html5lib").select("body > *")
    assert body == {
        "version": "1.0",
        "type": "video",
        "title": 'Breathing "slowly" & <well>',
        "author_name": "Olive Owner",
        "provider_name": "Programme Portal",
        "provider_url": "http://portal.test",
        "cache_age": 3600,
        "width": 1280,
        "height": 720,
    }
    assert [tag.name for tag in frame] == ["iframe"]
    assert frame[0]["src"] == f"http://portal.test/embed/{programme.product_id}"
    assert frame[0]["title"] == 'Breathing "slowly" & <well>'


@pytest.mark.parametrize(
    ("limits", "size"),
    [
        ({"maxwidth": 640}, (640, 360)),
        ({"maxheight": 360}, (640, 360)),
        ({"maxwidth": 320, "maxheight": 9999}, (320, 180)),
        ({"maxwidth": 9999}, (1280, 720)),
        ({"maxwidth": 1, "maxheight": 1}, (1, 1)),
        ({"maxwidth": "wide", "maxheight": "-5"}, (1280, 720)),
        ({"maxwidth": "0"}, (1280, 720)),
    ],
)
def test_it_is_no_larger_than_was_asked_for(
    client: FlaskClient, make: Make, limits: dict[str, Any], size: tuple[int, int]
) -> None:
    body = ask(client, make(), **limits).get_json()

    assert (body["width"], body["height"]) == size


def test_only_json_is_spoken(client: FlaskClient, make: Make) -> None:
    assert ask(client, make(), format="xml").status_code == 501


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://portal.test/",
        "http://portal.test/watch/",
        "http://portal.test/watch/not-an-id",
        "http://portal.test/coach/programmes/{id}",
        "http://evil.example/watch/{id}",
        "http://portal.test.evil.example/watch/{id}",
        "https://portal.test/watch/{id}",
    ],
)
def test_no_other_address_is_described(client: FlaskClient, make: Make, address: str) -> None:
    answer = client.get("/oembed", query_string={"url": address.format(id=make().product_id)})

    assert answer.status_code == 404


@pytest.mark.parametrize("tail", ["", "/", "?t=5", "#top"])
@pytest.mark.parametrize("kind", ["watch", "embed"])
def test_both_addresses_of_a_programme_are_known(client: FlaskClient, make: Make, kind: str, tail: str) -> None:
    address = f"http://portal.test/{kind}/{make().product_id}{tail}"

    assert client.get("/oembed", query_string={"url": address}).status_code == 200


def test_what_not_everybody_may_watch_is_not_described(client: FlaskClient, make: Make) -> None:
    assert ask(client, make(is_premium=True)).status_code == 401
    assert ask(client, make(is_published=False)).status_code == 404
    assert ask(client, uuid.uuid4()).status_code == 404


def test_the_watch_page_says_where_its_description_is(app: Flask, make: Make, client: FlaskClient) -> None:
    free, premium = make(title="Free"), make(is_premium=True)

    link = Reader(app).get(f"/watch/{free.product_id}").one("link[rel=alternate]")

    assert (link["type"], link["title"]) == ("application/json+oembed", "Free")
    assert client.get(str(link["href"])).get_json()["title"] == "Free"
    assert not Reader(app).get(f"/watch/{premium.product_id}").all("link[rel=alternate]")
