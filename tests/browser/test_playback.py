"""Premium means premium, in a real browser: nothing plays without leave, and leave is renewed without a hitch.

Tokens end within seconds here; whether the database is one or the other makes no difference to a player.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import create_engine, text

from tests.browser.conftest import Visitor
from tests.browser.media import H264, make_video
from tests.browser.stack import Stack, eventually

pytestmark = pytest.mark.browser

TOKEN_SECONDS = 4
WATCHING = """() => {
    const player = document.querySelector('mux-player');
    return player && !player.paused && player.currentTime > 1 && player.media?.readyState >= 2;
}"""
NOTE_POSITIONS = """() => {
    window.positions = [];
    const player = document.querySelector('mux-player');
    player.addEventListener('timeupdate', () => {
        if (player.readyState >= 2 && !player.seeking) window.positions.push(player.currentTime);
    });
}"""


def test_a_member_watches_on_after_the_tokens_have_ended(film: "Film", member: Visitor) -> None:
    member.forgives("status of 403")  # should the renewal be slow on a busy machine
    film.is_watched_by(member)
    page = member.page
    page.evaluate(NOTE_POSITIONS)
    page.evaluate("document.querySelector('mux-player').playbackRate = 1.25")
    first = source(page)

    eventually(
        lambda: renewals(page) >= 2 and film.is_over(first)
    )  # renewed twice, and the first would not play any more
    seen = len(page.evaluate("window.positions"))
    eventually(lambda: len(page.evaluate("window.positions")) > seen + 4)

    positions = page.evaluate("window.positions")
    steps = [after - before for before, after in pairwise(positions)]
    assert min(steps) > -0.5, positions  # it went on where it was, and not from the beginning
    assert max(steps) < 2, positions
    assert page.evaluate(WATCHING)
    assert page.evaluate("document.querySelector('mux-player').playbackRate") == 1.25
    expect(page.locator("[data-player-trouble]")).to_be_hidden()


def test_a_pause_for_longer_than_the_tokens_last_is_gone_on_from(film: "Film", member: Visitor) -> None:
    member.forgives("status of 403")  # a segment that was asked for just before the fresh source came
    film.is_watched_by(member)
    page = member.page
    page.evaluate("document.querySelector('mux-player').pause()")
    paused_at = page.evaluate("document.querySelector('mux-player').currentTime")
    first = source(page)
    eventually(lambda: film.is_over(first))

    page.evaluate("document.querySelector('mux-player').play()")

    eventually(lambda: source(page) != first and page.evaluate(WATCHING))
    position = page.evaluate("document.querySelector('mux-player').currentTime")
    assert paused_at - 0.5 < position < paused_at + 8


def test_a_stream_that_is_refused_is_asked_for_anew(film: "Film", member: Visitor) -> None:
    member.forgives("403", "mux-player", "getErrorFromHlsErrorData")
    refused: list[str] = []

    def refuse_the_first_source(route: Route) -> None:
        expiry = re.findall(r"expires=(\d+)", route.request.url)[0]
        number = int(re.findall(r"/(\d+)\.m4s", route.request.url)[0])
        if number >= 1 and (not refused or expiry == refused[0]):
            refused.append(expiry)
            route.fulfill(status=403, headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.continue_()

    member.page.route("**/*.m4s*", refuse_the_first_source)
    film.is_watched_by(member, at_once=False)

    eventually(lambda: member.page.evaluate(WATCHING) and refused)
    eventually(lambda: member.page.evaluate("document.querySelector('mux-player').currentTime") > 3)
    expect(member.page.locator("[data-player-trouble]")).to_be_hidden()


def test_a_portal_that_can_not_be_reached_is_asked_until_it_answers(film: "Film", member: Visitor) -> None:
    member.forgives("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
    film.is_watched_by(member)
    page = member.page
    first = source(page)
    page.route("**/playback", lambda route: route.abort())

    expect(page.locator("[data-player-waiting]")).to_be_visible()
    page.unroute("**/playback")

    eventually(lambda: source(page) != first and page.evaluate(WATCHING))
    expect(page.locator("[data-player-waiting]")).to_be_hidden()


def test_a_membership_that_is_taken_away_ends_it_at_the_next_renewal(film: "Film", member: Visitor) -> None:
    member.forgives("status of 403")
    film.is_watched_by(member)

    with film.without_membership():
        page = member.page
        expect(page.get_by_text("This programme is for members, and your access to it has ended.")).to_be_visible()
        expect(page.locator("mux-player")).to_have_count(0)
        page.get_by_role("link", name="How to become a member").click()
        expect(page.get_by_text("This programme is for members")).to_be_visible()


def test_not_one_segment_comes_to_a_free_viewer(film: "Film", member: Visitor, viewer: Visitor) -> None:
    fetched: list[str] = []
    member.page.on("request", lambda request: fetched.append(request.url))
    film.is_watched_by(member)
    media = [url for url in fetched if film.stack.mux_url in url and re.search(r"\.m3u8|\.m4s|\.mp4", url)]
    assert len(media) >= 4, media  # the playlists, the beginning, a segment
    member.goes_to("/")

    told = film.all_that_is_told_to(viewer)

    assert film.playback_id in told  # in the address of a still, which is all that there is
    addresses = set(re.findall(rf"{film.stack.mux_url}[^\"'\s<>\\]+", told.replace("&amp;", "&")))
    assert {address.partition("?")[0].rpartition("/")[2] for address in addresses} == {"thumbnail.webp"}
    stills = [address.partition("?")[2] for address in addresses if film.playback_id in address]
    assert stills
    for path in {url.partition("?")[0] for url in media}:
        for query in ("", *stills):
            assert film.status(f"{path}?{query}") == 403, path
    for path in ("animated.webp", "animated.gif", "storyboard.vtt", "storyboard.jpg"):
        assert film.status(f"{film.stack.mux_url}/{film.playback_id}/{path}?{stills[0]}") == 403
    for url in media:
        eventually(lambda url=url: film.status(url) == 403)  # type: ignore[misc]


class Film:
    """A premium programme whose length the portal does not know, so that its tokens end within seconds."""

    def __init__(self, stack: Stack, video: Path) -> None:
        self.stack = stack
        made = stack.programme_with(video, title="A long film", isPremium=True)
        self.product_id, self.playback_id = str(made["productId"]), str(made["muxPlaybackId"])
        self._change("UPDATE programme SET duration_seconds = NULL")

    def is_watched_by(self, member: Visitor, *, at_once: bool = True) -> None:
        """Somebody opens the page and presses play."""
        member.goes_to(f"/watch/{self.product_id}")
        member.page.get_by_role("button", name="Play").first.click()
        if at_once:
            eventually(lambda: member.page.evaluate(WATCHING))

    def status(self, url: str) -> int:
        return self.stack.http.request("GET", url).status

    def is_over(self, url: str) -> bool:
        return self.status(url) == 403

    def all_that_is_told_to(self, viewer: Visitor) -> str:
        """The text of every page and answer about the programme."""
        pages = ["/", f"/watch/{self.product_id}", f"/watch/{self.product_id}/playback", f"/embed/{self.product_id}"]
        texts = [viewer.page.request.get(f"{self.stack.url}{path}").text() for path in pages]
        answers: list[Any] = [
            self.stack.api("viewer@example.com", "GET", path)
            for path in ("/programme", f"/programme/{self.product_id}", f"/api/programme/{self.product_id}")
        ]
        return "".join([*texts, str(answers)])

    def without_membership(self) -> "Suspension":
        return Suspension(self._change)

    def _change(self, statement: str, **values: object) -> None:
        engine = create_engine(self.stack.database_url)
        with engine.begin() as connection:
            connection.execute(text(statement), values)
        engine.dispose()


class Suspension:
    """The member is none while this is open."""

    def __init__(self, change: Callable[..., None]) -> None:
        self._change = change

    def __enter__(self) -> None:
        self._change("UPDATE user SET member_until = '2001-01-01 00:00:00' WHERE email = 'member@example.com'")

    def __exit__(self, *_: object) -> None:
        self._change("UPDATE user SET member_until = '2099-01-01 00:00:00' WHERE email = 'member@example.com'")


def source(page: Page) -> str:
    return str(page.locator("mux-player").get_attribute("src"))


def renewals(page: Page) -> int:
    """How often the page's player has asked the portal for something fresh."""
    asked = "performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('/playback')).length"
    return int(page.evaluate(asked))


@pytest.fixture(scope="module", params=[pytest.param("sqlite", marks=pytest.mark.xdist_group("browser-sqlite"))])
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    instance = tmp_path_factory.mktemp("portal-of-short-tokens")
    stack = Stack(instance, f"sqlite:///{instance / 'portal.sqlite3'}")
    try:
        yield stack.start(PLAYBACK_TOKEN_SECONDS=str(TOKEN_SECONDS), EMBED_ORIGINS="https://club.example")
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def film(stack: Stack, media: Path) -> Film:
    return Film(stack, make_video(media / "film.mp4", *H264, "-b:v", "500k", seconds=90, size="320x180"))


@pytest.fixture
def member(visit: Callable[..., Visitor]) -> Visitor:
    return visit("member").signs_in()
