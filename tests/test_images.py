"""Pictures keep their place while they load, and only what is seen first is fetched at once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from portal.models import Programme
from tests.conftest import Cast
from tests.pages import Reader
from tests.signing import SIGNING_KEY

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
IMG = re.compile(r"<img\b[^>]*>")
WITH_IMAGES = sorted(file for file in TEMPLATES.rglob("*.html") if IMG.search(file.read_text()))

# Who looks at which page, and how many pictures are on it when there are two programmes.
PAGES = {
    "catalogue": ("viewer", "/", 2),
    "watch": ("viewer", "/watch/{free}", 1),
    "locked": ("viewer", "/watch/{premium}", 1),
    "studio": ("owner", "/coach/", 2),
    "all programmes": ("admin", "/admin/programmes", 2),
}


@pytest.mark.parametrize("file", WITH_IMAGES, ids=lambda file: file.stem)
def test_every_picture_in_a_template_has_its_size_and_says_when_it_is_wanted(file: Path) -> None:
    for image in IMG.findall(file.read_text()):
        assert re.search(r'width="\d+" height="\d+" alt="', image), image
        assert 'loading="lazy"' in image or 'fetchpriority="high"' in image, image


@pytest.mark.parametrize("page", PAGES)
def test_all_pictures_but_the_first_that_is_seen_wait_until_they_are_near(
    start: Callable[..., Flask], cast: Cast, make: Callable[..., Programme], page: str
) -> None:
    who, address, count = PAGES[page]
    free, premium = make(is_signed=True), make(is_signed=True, is_premium=True)
    reader = Reader(start(mux_signing_key=SIGNING_KEY), getattr(cast, who))

    shown = reader.get(address.format(free=free.product_id, premium=premium.product_id))

    assert shown.status == 200
    first, *others = shown.all("img")
    assert len(others) == count - 1
    assert (first["fetchpriority"], first.get("loading")) == ("high", None)
    assert [(image["loading"], image.get("fetchpriority")) for image in others] == [("lazy", None)] * len(others)
