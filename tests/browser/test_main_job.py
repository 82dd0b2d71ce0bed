"""The main job in a real browser: a coach uploads a real video, viewers watch it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Request, expect

from tests.browser.conftest import Visitor
from tests.browser.stack import Stack, eventually

pytestmark = pytest.mark.browser

READY_MS = 60_000


def test_a_coach_uploads_a_video_and_a_viewer_watches_it(coach: Visitor, viewer: Visitor, slow_video: Path) -> None:
    names_a_programme(coach, "A walk through the garden")
    page = coach.page
    watch_status(page)

    choose(page, slow_video)
    expect(page.locator("[data-status=ready]")).to_be_visible(timeout=READY_MS)

    assert statuses_seen(page) == ["awaiting_upload", "processing", "ready"]  # and the page was never reloaded
    page.get_by_label("Description").fill("Slowly, past the roses.\n\nThen back.")
    page.get_by_label("Tags").fill("Garden, Calm , garden")
    page.get_by_label("Featured").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Tags")).to_have_value("garden, calm")

    viewer.goes_to("/")
    viewer.page.get_by_role("link", name="A walk through the garden").first.click()
    expect(viewer.page.get_by_role("heading", level=1)).to_have_text("A walk through the garden")
    expect(viewer.page.get_by_text("Slowly, past the roses.")).to_be_visible()
    assert plays(viewer.page)


def test_a_file_is_sent_in_pieces_and_progress_is_shown(coach: Visitor, h264_video: Path) -> None:
    names_a_programme(coach, "In pieces")
    page = coach.page
    puts: list[Request] = []
    page.on("request", lambda request: puts.append(request) if request.method == "PUT" else None)
    page.evaluate(
        """() => {
            const uploader = document.querySelector('mux-uploader');
            uploader.setAttribute('chunk-size', '256');
            window.progress = [];
            uploader.addEventListener('progress', (event) => window.progress.push(event.detail));
        }"""
    )

    choose(page, h264_video)
    expect(page.locator("[data-status=ready]")).to_be_visible(timeout=READY_MS)

    size = h264_video.stat().st_size
    ranges = [request.headers["content-range"] for request in puts]
    assert len(ranges) == -(-size // (256 * 1024)) > 3
    assert ranges[0] == f"bytes 0-262143/{size}"
    assert re.fullmatch(rf"bytes \d+-{size - 1}/{size}", ranges[-1])
    progress = page.evaluate("window.progress")
    assert progress == sorted(progress)
    assert progress[-1] == 100


def test_a_file_that_is_no_video_is_explained_and_another_can_be_tried(
    coach: Visitor, broken_video: Path, h264_video: Path
) -> None:
    names_a_programme(coach, "Second try")
    page = coach.page

    choose(page, broken_video)
    expect(page.locator("[data-status=errored]")).to_be_visible(timeout=READY_MS)
    expect(page.get_by_text("The input file was not a valid video or audio file.").first).to_be_visible()

    page.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-status=awaiting_upload]")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Second try")
    choose(page, h264_video)
    expect(page.locator("[data-status=ready]")).to_be_visible(timeout=READY_MS)


def test_an_upload_address_that_no_longer_serves_is_replaced_by_a_fresh_one(
    coach: Visitor, stack: Stack, h264_video: Path
) -> None:
    names_a_programme(coach, "The patient draft")
    page = coach.page
    waiting = [
        upload
        for upload in stack.mux("GET", "/video/v1/uploads?limit=100&page=1")["data"]
        if upload["new_asset_settings"]["passthrough"] in page.url
    ]
    stack.http.request("PUT", f"{stack.mux_url}/_local/faults", json={"webhooks": {"drop": 1.0}})
    stack.mux("PUT", f"/video/v1/uploads/{waiting[0]['id']}/cancel")
    coach.forgives("Failed to load resource", "Server responded with 410")

    choose(page, h264_video)
    expect(page.get_by_role("alert").filter(has_text="Choose the file again")).to_be_visible()
    stack.http.request("DELETE", f"{stack.mux_url}/_local/faults")
    choose(page, h264_video)

    expect(page.locator("[data-status=ready]")).to_be_visible(timeout=READY_MS)
    expect(page.get_by_label("Title")).to_have_value("The patient draft")


def test_two_coaches_do_not_see_each_other_s_work(
    coach: Visitor, viewer: Visitor, visit: Callable[..., Visitor]
) -> None:
    names_a_programme(coach, "Mine alone")
    address = coach.page.url.removeprefix(coach.stack.url)

    for stranger in (visit("coach2").signs_in(), viewer):
        stranger.forgives("404")
        answer = stranger.page.goto(f"{stranger.stack.url}{address}")
        assert answer
        assert answer.status == 404
    other = visit("coach2").signs_in().goes_to("/coach/")
    expect(other.page.get_by_text("Mine alone")).to_have_count(0)


def test_leaving_while_bytes_are_going_asks_first(coach: Visitor, stack: Stack, h264_video: Path) -> None:
    names_a_programme(coach, "Hold on")
    page = coach.page
    page.route(f"{stack.mux_url}/**", lambda _route: None)  # the bytes never arrive
    questions = questions_of(page)

    choose(page, h264_video)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.goto(f"{stack.url}/coach/")

    assert questions == ["beforeunload"]


def test_a_page_without_an_upload_under_way_is_left_without_a_question(coach: Visitor, stack: Stack) -> None:
    names_a_programme(coach, "Just looking")
    questions = questions_of(coach.page)

    coach.page.goto(f"{stack.url}/coach/")

    assert questions == []


def test_premium_is_for_members(stack: Stack, viewer: Visitor, visit: Callable[..., Visitor], h264_video: Path) -> None:
    programme = stack.programme_with(h264_video, title="For members", isPremium=True, description="Rare things.")
    address = f"/watch/{programme['productId']}"

    viewer.goes_to(address)
    expect(viewer.page.get_by_role("heading", level=1)).to_have_text("For members")
    expect(viewer.page.locator("mux-player")).to_have_count(0)

    member = visit("member").signs_in().goes_to(address)
    assert plays(member.page)


def test_a_coach_sees_why_a_programme_can_not_be_watched_yet(coach: Visitor) -> None:
    names_a_programme(coach, "Not yet")
    product_id = coach.page.url.rsplit("/", 1)[1]

    coach.goes_to(f"/watch/{product_id}")

    expect(coach.page.get_by_role("heading", level=1)).to_have_text("Not yet")
    expect(coach.page.locator("mux-player")).to_have_count(0)


def names_a_programme(coach: Visitor, title: str) -> None:
    coach.goes_to("/coach/")
    coach.page.get_by_role("link", name="New programme").first.click()
    coach.page.get_by_label("Title").fill(title)
    coach.page.get_by_role("button", name="Create programme").click()
    expect(coach.page.locator("[data-status=awaiting_upload]")).to_be_visible()


def choose(page: Page, file: Path) -> None:
    eventually(lambda: page.evaluate("Boolean(customElements.get('mux-uploader'))"))
    page.locator("mux-uploader input[type=file]").set_input_files(file)


def watch_status(page: Page) -> None:
    """Note every status that the page shows from now on; a reload would forget it."""
    page.evaluate(
        """() => {
            window.seen = [];
            const look = () => {
                const status = document.querySelector('[data-status]')?.dataset.status;
                if (status && window.seen.at(-1) !== status) window.seen.push(status);
            };
            look();
            new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
        }"""
    )


def statuses_seen(page: Page) -> list[str]:
    return list(page.evaluate("window.seen"))


def plays(page: Page) -> bool:
    """Press play, and wait until the picture has moved on."""
    page.get_by_role("button", name="Play").first.click()
    moved = """() => {
        const player = document.querySelector('mux-player');
        return player.currentTime > 0.5 && player.media?.readyState >= 2 && !player.paused;
    }"""
    return bool(eventually(lambda: page.evaluate(moved)))


def questions_of(page: Page) -> list[str]:
    """The questions that the page asks from now on, each answered with yes."""
    questions: list[str] = []

    def answer(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    return questions
