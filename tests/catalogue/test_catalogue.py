"""The catalogue as viewers see it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.models import Programme, Status
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.pages import Page, Reader, words
from tests.queries import queries_of
from tests.signing import SIGNING_KEY

Make = Callable[..., Programme]


def test_featured_ones_come_first_and_then_the_newest(viewer: Reader, make: Make) -> None:
    make(title="Oldest", published_at=NOON)
    make(title="Newest", published_at=NOON + timedelta(hours=3))
    make(title="Featured", published_at=NOON + timedelta(hours=1), is_featured=True)
    make(title="Middle", published_at=NOON + timedelta(hours=2))

    assert titles(viewer.get("/")) == ["Featured", "Newest", "Middle", "Oldest"]


def test_each_card_leads_to_its_watch_page(viewer: Reader, make: Make) -> None:
    programme = make(title="Breathing")

    assert f"/watch/{programme.product_id}" in viewer.get("/").links()


def test_only_published_programmes_are_shown(viewer: Reader, make: Make) -> None:
    make(title="Withdrawn", is_published=False)
    make(title="Working", status=Status.PROCESSING)
    make(title="Broken", status=Status.ERRORED)
    make(title="Shown")

    assert titles(viewer.get("/")) == ["Shown"]


def test_premium_is_marked(viewer: Reader, make: Make) -> None:
    make(title="Rare", is_premium=True)

    assert "Premium" in viewer.get("/").text


def test_a_tag_leads_to_all_that_have_it(viewer: Reader, make: Make) -> None:
    make(title="About breathing", tags=["breathing", "calm & quiet"])
    make(title="About stars", tags=["astronomy"])
    address = next(link for link in viewer.get("/").links() if "calm" in link)

    page = viewer.get(address)

    assert titles(page) == ["About breathing"]
    assert "calm & quiet" in page.heading


def test_an_empty_catalogue_says_what_to_do(app: Flask, viewer: Reader, cast: Cast) -> None:
    assert "The coaches are at work" in viewer.get("/").text
    assert "/coach/programmes/new" in Reader(app, cast.owner).get("/").links()
    assert "No programme has this tag" in viewer.get("/?tag=nothing").text


def test_pages_follow_each_other_without_loss_or_repeat(viewer: Reader, make: Make) -> None:
    made = [make(title=f"Number {n}", published_at=NOON, is_featured=n % 10 == 0).title for n in range(53)]
    page, seen = viewer.get("/"), []
    while True:
        seen += titles(page)
        following = [link["href"] for link in page.all("a[rel=next]")]
        if not following:
            break
        page = viewer.get(str(following[0]))

    assert len(seen) == len(made)
    assert set(seen) == set(made)


@pytest.mark.parametrize("address", ["/?cursor=nonsense", "/?tag=%00", "/?cursor=%ff", "/?tag=" + "x" * 5000])
def test_a_mangled_address_still_shows_a_page(viewer: Reader, make: Make, address: str) -> None:
    make(title="There")

    assert viewer.get(address).status == 200


def test_titles_are_shown_as_they_are_and_never_run(viewer: Reader, make: Make) -> None:
    make(title="<script>alert('🎈')</script> & more", description="<b>bold</b>", tags=["<i>"])

    page = viewer.get("/")

    assert titles(page) == ["<script>alert('🎈')</script> & more"]


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_two_queries_however_long_it_is(app: Flask, viewer: Reader, make: Make, count: int) -> None:
    for _ in range(count):
        make(tags=["a", "b"])

    with queries_of(app) as sent:
        viewer.get("/")

    assert len(sent) == 2, sent  # who is it, and the programmes with their coaches


def test_a_full_page_makes_no_token_twice_and_its_pictures_keep_their_addresses(
    start: Callable[..., Flask], cast: Cast, make: Make, clock: StoppedClock
) -> None:
    app = start(mux_signing_key=SIGNING_KEY)
    for _ in range(24):
        make(is_signed=True)
    mint = app.extensions["playback_urls"].mint
    first = pictures(Reader(app, cast.viewer).get("/"))
    made = mint.count_made
    clock.advance(hours=5)

    second = pictures(Reader(app, cast.viewer).get("/"))

    assert len(first) == 24
    assert second == first
    assert mint.count_made == made == 48  # a still and a moving preview each


def test_a_card_moves_only_for_whoever_may_watch(app: Flask, viewer: Reader, cast: Cast, make: Make) -> None:
    make(is_premium=True, is_signed=True)

    assert not viewer.get("/").all("[data-preview]")
    assert Reader(app, cast.member).get("/").all("[data-preview]")


def pictures(page: Page) -> list[tuple[str, str]]:
    return [(str(poster["data-preview"]), str(poster.select("img")[0]["src"])) for poster in page.all(".poster")]


def titles(page: Page) -> list[str]:
    return [words(heading) for heading in page.all("li h2, li h3")]


@pytest.fixture
def viewer(app: Flask, cast: Cast) -> Reader:
    return Reader(app, cast.viewer)
