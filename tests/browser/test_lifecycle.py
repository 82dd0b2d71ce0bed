"""What a coach does about a video later on, in a real browser: cancel, replace, delete and bring back.

On one database: what each does with the rows is tested without a browser, on both.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.stack import Stack
from tests.browser.test_main_job import READY_MS, choose, names_a_programme, plays, questions_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize(
        "stack",
        [pytest.param("sqlite", marks=pytest.mark.xdist_group("browser-sqlite"))],
        indirect=True,
        scope="session",
    ),
]


def test_the_old_video_plays_until_the_new_one_is_ready(
    coach: Visitor, stack: Stack, h264_video: Path, slow_video: Path
) -> None:
    programme = stack.programme_with(h264_video, title="Second edition", tags=["kept"])
    page = coach.goes_to(f"/coach/programmes/{programme['productId']}").page

    page.get_by_role("button", name="Replace the video").click()
    expect(page.get_by_text("The old video plays until the new one is ready.")).to_be_visible()
    assert plays(page)
    page.evaluate("document.querySelector('mux-player').isTheOldOne = true")
    choose(page, slow_video)

    expect(page.get_by_role("heading", name="The new video has arrived")).to_be_visible(timeout=READY_MS)
    assert page.evaluate("document.querySelector('mux-player').isTheOldOne")  # it was left to play on
    expect(page.get_by_role("button", name="Replace the video")).to_be_visible(timeout=READY_MS)
    expect(page.locator("[data-status=ready]")).to_be_visible()
    assert not page.evaluate("document.querySelector('mux-player').isTheOldOne")
    now = stack.api("coach@example.com", "GET", f"/programme/{programme['productId']}")
    assert now["muxAssetId"] != programme["muxAssetId"]
    assert (now["title"], now["tags"], now["publishedAt"]) == (programme["title"], ["kept"], programme["publishedAt"])


def test_an_upload_under_way_is_cancelled_without_a_question_and_tried_again(
    coach: Visitor, stack: Stack, h264_video: Path
) -> None:
    names_a_programme(coach, "Not this one")
    page = coach.page
    coach.forgives("Failed to load resource", "Server responded")
    expect(page.get_by_role("button", name="Cancel the upload")).to_be_hidden()
    page.route(f"{stack.mux_url}/**", lambda _route: None)  # the bytes never arrive
    questions = questions_of(page)
    choose(page, h264_video)

    page.get_by_role("button", name="Cancel the upload").click()

    expect(page.locator("[data-status=errored]")).to_be_visible()
    assert questions == []
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    choose(page, h264_video)
    expect(page.locator("[data-status=ready]")).to_be_visible(timeout=READY_MS)


def test_a_programme_is_deleted_by_its_title_and_brought_back(
    coach: Visitor, viewer: Visitor, stack: Stack, h264_video: Path
) -> None:
    programme = stack.programme_with(h264_video, title="Gone and back")
    watch = f"/watch/{programme['productId']}"
    coach.forgives("status of 422")
    page = coach.goes_to(f"/coach/programmes/{programme['productId']}").page
    page.get_by_role("link", name="Delete this programme").click()
    page.get_by_label("Title").fill("Gone")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This is not the programme’s title.")).to_be_visible()
    page.get_by_label("Title").fill("Gone and back")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("“Gone and back” is deleted.")).to_be_visible()
    viewer.forgives("404")
    viewer.goes_to(watch)
    expect(viewer.page.get_by_role("heading", level=1)).to_have_text("There is nothing here")

    page.get_by_role("link", name="Recently deleted").click()
    page.get_by_role("listitem").filter(has_text="Gone and back").get_by_role("button", name="Bring back").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Gone and back")
    viewer.goes_to(watch)
    assert plays(viewer.page)
