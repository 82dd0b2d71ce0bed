"""While a video is being sent the page is not left for saving, and nobody takes for saved what was not."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browser.conftest import Visitor
from tests.browser.stack import Stack
from tests.browser.test_upload_feedback import CHOOSE, UPLOADER_IS_THERE

pytestmark = pytest.mark.browser


def test_what_is_saved_shows_in_the_page(sending: Page) -> None:
    sending.get_by_label("Title").fill("A better one")
    sending.get_by_role("button", name="Save").click()
    expect(sending.get_by_text("Saved.")).to_be_visible()
    expect(sending.get_by_role("heading", level=1)).to_have_text("A better one")


def test_a_broken_rule_stands_beside_its_field(sending: Page, coach: Visitor) -> None:
    coach.forgives("422")
    sending.get_by_label("Title").fill(" ")
    sending.get_by_role("button", name="Save").click()
    expect(sending.get_by_text("Give the programme a title.")).to_be_visible()


def test_whoever_was_signed_out_is_told_that_nothing_was_saved(sending: Page, visit: Callable[..., Visitor]) -> None:
    elsewhere = visit("coach").signs_in().goes_to("/account/")
    elsewhere.page.get_by_role("button", name="Sign out everywhere else").click()
    elsewhere.page.get_by_role("status").wait_for()

    sending.get_by_label("Title").fill("A better one")
    assert "you are signed out" in words_of_alert_after(sending, "Save")
    expect(sending.get_by_label("Title")).to_have_value("A better one")


def test_so_is_whoever_s_cookies_are_gone(sending: Page, coach: Visitor) -> None:
    coach.forgives("400")  # the form's token is of no session
    sending.context.clear_cookies()
    assert "you are signed out" in words_of_alert_after(sending, "Save")


def test_a_failure_of_the_portal_is_told(sending: Page, coach: Visitor) -> None:
    coach.forgives("500")
    sending.route("**/publication", _fail)
    assert "the portal failed" in words_of_alert_after(sending, "Don’t publish automatically")


def words_of_alert_after(page: Page, button: str) -> str:
    told: list[str] = []

    def read(dialog: Dialog) -> None:
        told.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", read)
    with page.expect_event("dialog"):
        page.get_by_role("button", name=button).click()
    return told[0]


def _fail(route: Route) -> None:
    route.fulfill(status=500, body="<h1>Something broke</h1>", content_type="text/html")


@pytest.fixture
def sending(coach: Visitor, stack: Stack) -> Page:
    """The page of a programme whose video is on its way: the address it goes to is never answered."""
    made = stack.api("coach@example.com", "POST", "/programme/create-upload-url", {"title": "On its way"})
    coach.page.route("**/upload-url", lambda _route: None)
    coach.goes_to(f"/coach/programmes/{made['productId']}")
    coach.page.evaluate(UPLOADER_IS_THERE)
    coach.page.evaluate(CHOOSE)
    return coach.page
