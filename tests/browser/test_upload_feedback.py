"""The upload page answers a click at once: in the same turn of the page's own loop, whatever the network does.

No clock is asked: what is on the page when the event's handlers have run is what the next frame paints.
"""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visitor
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser

UPLOADER = re.compile(r"/mux-uploader\.")
UPLOADER_IS_THERE = "() => customElements.whenDefined('mux-uploader').then(() => true)"
CHOOSE = """() => {
    const input = document.querySelector('mux-uploader').shadowRoot.querySelector('input[type=file]');
    const chosen = new DataTransfer();
    chosen.items.add(new File([new Uint8Array(2_000_000)], 'walk.mp4', {type: 'video/mp4'}));
    input.files = chosen.files;
    input.dispatchEvent(new Event('change'));
    return document.querySelector('[data-upload]').innerText;
}"""
PRESS = """(selector) => {
    document.querySelector(selector).click();
    return document.querySelector('[data-upload]').innerText;
}"""


@pytest.fixture
def page(coach: Visitor, stack: Stack) -> Page:
    """The page of a programme that waits for its video; no address for a file is ever answered."""
    made = stack.api("coach@example.com", "POST", "/programme/create-upload-url", {"title": "At once"})
    coach.page.route("**/upload-url", _never_answer)
    coach.goes_to(f"/coach/programmes/{made['productId']}")
    return coach.page


def test_a_chosen_file_is_named_before_anything_is_awaited(page: Page) -> None:
    page.evaluate(UPLOADER_IS_THERE)
    shown = page.evaluate(CHOOSE)
    assert "walk.mp4 · 2.0 MB" in shown
    assert "Keep this page open" in shown


def test_pausing_is_answered_before_the_piece_has_arrived(page: Page) -> None:
    page.evaluate(UPLOADER_IS_THERE)
    page.evaluate(CHOOSE)
    assert "Pausing after this piece …" in page.evaluate(PRESS, "[data-upload-pause]")


def test_whoever_clicks_before_the_uploader_is_loaded_is_told_so(page: Page) -> None:
    held: list[Route] = []
    page.route(UPLOADER, lambda route: held.append(route))  # noqa: PLW0108 - Playwright needs a Python function
    with page.expect_request(UPLOADER):
        page.reload(wait_until="commit")
    message = page.get_by_text("One moment, the uploader is still on its way.")
    page.get_by_role("button", name="Choose a video").click()
    expect(message).to_be_visible()
    for route in held:
        route.continue_()
    expect(message).to_be_hidden()


def test_whoever_gets_no_uploader_is_told_what_to_do(page: Page, coach: Visitor) -> None:
    coach.forgives("ERR_FAILED", "mux-uploader")
    page.route(UPLOADER, lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_have_text(
        "The uploader could not be loaded. Check your connection, then reload this page."
    )


def _never_answer(_route: Route) -> None:
    pass
