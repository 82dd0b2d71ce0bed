"""Cancelling an upload, replacing a video that plays, and what the page shows meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.lifecycle.reports import apply_report
from portal.models import Discard, Programme, Status, Upload
from portal.models.programme import select_programme_for_update
from portal.models.upload import select_current_upload
from portal.mux.facts import Fact, Fault, Report
from portal.mux.gateway import MuxError, Trouble
from portal.nudge import WorkName
from tests.clock import NOON, StoppedClock
from tests.coach.conftest import Kept, Make
from tests.conftest import Cast
from tests.mux_double import MuxDouble
from tests.pages import Page, Reader, words

AWAITING, PROCESSING, READY, ERRORED = Status
ACTIONS = ("attempts", "replacement", "cancellation")
Say = Callable[[Programme, Report], None]

# What each post does to a programme in each state: the answer, and the status afterwards.
OUTCOMES: dict[tuple[Status, str], tuple[int, Status]] = {
    (AWAITING, "attempts"): (409, AWAITING),
    (AWAITING, "replacement"): (409, AWAITING),
    (AWAITING, "cancellation"): (303, ERRORED),
    (PROCESSING, "attempts"): (409, PROCESSING),
    (PROCESSING, "replacement"): (409, PROCESSING),
    (PROCESSING, "cancellation"): (303, ERRORED),
    (READY, "attempts"): (409, READY),
    (READY, "replacement"): (303, READY),
    (READY, "cancellation"): (409, READY),
    (ERRORED, "attempts"): (303, AWAITING),
    (ERRORED, "replacement"): (409, ERRORED),
    (ERRORED, "cancellation"): (409, ERRORED),
}


@pytest.mark.parametrize(("case", "outcome"), OUTCOMES.items(), ids=str)
def test_what_can_be_done_in_which_state(
    owner: Reader, make: Make, kept: Kept, case: tuple[Status, str], outcome: tuple[int, Status]
) -> None:
    (status, action), (answered, after) = case, outcome
    programme = make(status=status)
    owner.get(address(programme))

    assert owner.post(address(programme, f"/{action}")).status == answered
    assert kept().status is after


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("status", list(Status))
def test_others_find_nothing_and_nothing_is_done_without_the_page_s_token(
    app: Flask, cast: Cast, make: Make, kept: Kept, *, status: Status, action: str
) -> None:
    programme = make(status=status)
    place = address(programme, f"/{action}")
    for person in ("other_coach", "viewer", "member"):
        stranger = Reader(app, cast[person])
        stranger.get("/")
        assert stranger.post(place).status == 404
    its_coach = Reader(app, cast.owner)
    assert its_coach.client.post(place).status_code == 400
    assert its_coach.get(place).status == 405
    assert (kept().status, kept().updated_at) == (status, NOON)


def test_an_upload_can_be_cancelled_once_its_address_is_out(
    owner: Reader, make: Make, kept: Kept, nudged: list[WorkName]
) -> None:
    programme = make(status=AWAITING)
    assert cancel_box(owner.get(address(programme))).has_attr("hidden")  # the page's script shows it
    owner.post(address(programme, "/upload-url"))
    assert not cancel_box(owner.get(address(programme))).has_attr("hidden")

    assert owner.post(address(programme, "/cancellation")).location == address(programme)

    assert (kept().status, kept().error_type) == (ERRORED, "cancelled")
    assert nudged == [WorkName.PAY_DISCARDS]
    page = owner.get(address(programme))
    assert "The upload was cancelled." in page.text
    assert "Try again" in buttons(page)


def test_a_video_in_the_making_can_be_cancelled(owner: Reader, make: Make, app: Flask) -> None:
    programme = make(status=PROCESSING)
    assert "Cancel" in buttons(owner.get(address(programme)))

    owner.post(address(programme, "/cancellation"))

    with app.app_context():
        assert [row.mux_id[:10] for row in db.session.scalars(select(Discard))] == ["asset-made"]


def test_a_replacement_is_offered_begun_sent_processed_and_takes_its_place(
    owner: Reader, make: Make, kept: Kept, say: Say
) -> None:
    programme = make(title="Stays", tags=["stays"])
    page = owner.get(address(programme))
    assert "Replace the video" in buttons(page)
    assert not page.all("mux-uploader")

    assert owner.post(address(programme, "/replacement")).location == address(programme)
    page = owner.get(address(programme))
    assert "The old video plays until the new one is ready." in page.text
    assert (len(page.all("mux-player")), len(page.all("mux-uploader"))) == (1, 1)
    assert (page.one("[data-status]")["data-status"], page.one("[data-awaits]")["data-awaits"]) == ("ready", "file")
    assert "Keep the old video" in buttons(page)
    assert owner.post(address(programme, "/upload-url")).answer.get_json() == {"url": "https://mux.test/upload-1"}

    say(programme, Report(fact=Fact.ASSET_CREATED, upload_id="upload-1", asset_id="new"))
    page = owner.get(address(programme))
    assert "The new video has arrived" in page.text
    assert (len(page.all("mux-player")), len(page.all("mux-uploader"))) == (1, 0)
    assert page.one("[data-awaits]")["data-awaits"] == "video"
    assert owner.post(address(programme, "/upload-url")).status == 409

    say(programme, Report(fact=Fact.ASSET_READY, upload_id="upload-1", asset_id="new", playback_id="pb-new"))
    page = owner.get(address(programme))
    now = kept()
    assert (now.mux_asset_id, now.title, now.tags, now.is_published) == ("new", "Stays", ["stays"], True)
    assert now.published_at == programme.published_at
    assert "Replace the video" in buttons(page)
    assert not page.all("[data-awaits]")


def test_a_replacement_that_failed_says_why_and_the_old_video_plays_on(
    owner: Reader, make: Make, kept: Kept, say: Say
) -> None:
    programme = replaced_by_something_broken(owner, make, say)

    page = owner.get(address(programme))

    assert "Mux could not read this file as a video." in page.text
    assert "The old video plays on." in page.text
    assert {"Try again", "Keep the old video"} <= set(buttons(page))
    assert page.all("mux-player")
    assert (kept().status, kept().is_published, kept().mux_asset_id) == (READY, True, programme.mux_asset_id)

    owner.post(address(programme, "/replacement"))
    assert owner.get(address(programme)).all("mux-uploader")


@pytest.mark.parametrize("has_failed", [False, True])
def test_the_old_video_can_be_kept(
    app: Flask, owner: Reader, make: Make, kept: Kept, say: Say, *, has_failed: bool
) -> None:
    if has_failed:
        programme, gone = replaced_by_something_broken(owner, make, say), "broken"
    else:
        programme, gone = make(), "upload-1"
        owner.get(address(programme))
        owner.post(address(programme, "/replacement"))

    answer = owner.post(address(programme, "/cancellation"))

    page = owner.get(str(answer.location))
    assert "The old video stays." in page.text
    assert "Replace the video" in buttons(page)
    assert (kept().status, kept().mux_asset_id) == (READY, programme.mux_asset_id)
    with app.app_context():
        assert [row.mux_id for row in db.session.scalars(select(Discard))] == [gone]
    assert owner.post(address(programme, "/cancellation")).status == 409


def test_a_second_replacement_is_not_begun_beside_the_first(owner: Reader, make: Make, mux: MuxDouble) -> None:
    programme = make()
    owner.get(address(programme))
    owner.post(address(programme, "/replacement"))

    assert owner.post(address(programme, "/replacement")).status == 409
    assert len(mux.requests) == 1


@pytest.mark.parametrize(("status", "action"), [(READY, "replacement"), (ERRORED, "attempts")])
def test_when_mux_fails_nothing_has_changed_and_the_coach_reads_why(
    app: Flask, owner: Reader, make: Make, kept: Kept, mux: MuxDouble, *, status: Status, action: str
) -> None:
    programme = make(status=status)
    mux.failure = MuxError(Trouble.REFUSED, "Free plan is limited to 10 assets")
    owner.get(address(programme))

    page = owner.get(str(owner.post(address(programme, f"/{action}")).location))

    assert "Free plan is limited to 10 assets" in page.text
    assert "Nothing has changed" in page.text
    assert (kept().status, kept().error_message) == (status, programme.error_message)
    with app.app_context():
        assert len(db.session.scalars(select(Upload)).all()) == 1


def test_news_of_a_replacement_reach_the_page(owner: Reader, make: Make, say: Say) -> None:
    programme = make()
    owner.get(address(programme))
    seen = [news(owner, programme, "ready")]

    owner.post(address(programme, "/replacement"))
    seen.append(news(owner, programme, "ready"))
    say(programme, Report(fact=Fact.ASSET_CREATED, upload_id="upload-1", asset_id="new"))
    seen.append(news(owner, programme, "ready-awaited"))
    say(programme, Report(fact=Fact.ASSET_READY, upload_id="upload-1", asset_id="new", playback_id="pb-new"))
    seen.append(news(owner, programme, "ready-processing"))

    assert seen == ["ready", "ready-awaited", "ready-processing", "ready"]


def test_the_parts_that_play_and_send_keep_their_version_while_they_go_on(owner: Reader, make: Make, say: Say) -> None:
    programme = make(mux_playback_id="pb-old")
    owner.get(address(programme))
    owner.post(address(programme, "/replacement"))
    versions = [[part["data-version"] for part in owner.get(address(programme)).all("[data-version]")]]
    say(programme, Report(fact=Fact.ASSET_CREATED, upload_id="upload-1", asset_id="new"))
    versions.append([part["data-version"] for part in owner.get(address(programme)).all("[data-version]")])

    assert versions == [["pb-old", "awaited"], ["pb-old"]]


def address(programme: Programme, rest: str = "") -> str:
    return f"/coach/programmes/{programme.product_id}{rest}"


def buttons(page: Page) -> list[str]:
    return [words(button) for button in page.all("main button")]


def cancel_box(page: Page) -> Any:
    return page.one("[data-upload-cancel]")


def news(owner: Reader, programme: Programme, known: str) -> str:
    """What the page knows after it has asked; `known` where nothing is new."""
    answer = owner.get(address(programme, f"/status?known={known}"))
    if answer.status == 204:
        return known
    return str(answer.one("[data-live]")["data-live"]).partition("known=")[2]


def replaced_by_something_broken(owner: Reader, make: Make, say: Say) -> Programme:
    programme = make()
    owner.get(address(programme))
    owner.post(address(programme, "/replacement"))
    fault = Fault(type="invalid_input", message="The input file was not a valid video or audio file.")
    say(programme, Report(fact=Fact.ASSET_ERRORED, upload_id="upload-1", asset_id="broken", fault=fault))
    return programme


@pytest.fixture
def say(app: Flask, clock: StoppedClock) -> Say:
    """Let Mux say something about a programme's current attempt."""

    def say_it(programme: Programme, report: Report) -> None:
        with app.app_context():
            row = db.session.scalars(select_programme_for_update(programme.product_id)).one()
            attempt = db.session.scalars(select_current_upload(programme.product_id)).one()
            apply_report(row, attempt, report, at=clock.at)
            db.session.commit()

    return say_it
