"""Naming a new programme."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Programme, Status, Upload, UploadStatus
from portal.mux.gateway import MuxError, Trouble
from tests.coach.conftest import Kept
from tests.mux_double import MuxDouble
from tests.pages import Reader


def test_a_title_leads_to_the_programme_s_page(owner: Reader, kept: Kept, mux: MuxDouble) -> None:
    page = owner.get("/coach/programmes/new")
    assert page.field("Title")
    assert page.one("main button").get_text(strip=True) == "Create programme"

    answer = owner.post("/coach/programmes/new", title="  Breathing \n for   two ")

    programme = kept()
    assert (answer.status, answer.location) == (303, f"/coach/programmes/{programme.product_id}")
    assert (programme.title, programme.status) == ("Breathing for two", Status.AWAITING_UPLOAD)
    assert [request.passthrough for request in mux.requests] == [str(programme.product_id)]
    assert mux.requests[0].cors_origin == "http://portal.test"


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("", "Give the programme a title."),
        ("   \t ", "Give the programme a title."),
        ("x" * 256, "Use 255 characters at the most; this title has 256."),
        ("bell \x07 rings", "Remove the characters that can’t be shown."),
    ],
)
def test_a_title_that_breaks_a_rule_is_kept_for_mending(
    app: Flask, owner: Reader, mux: MuxDouble, title: str, message: str
) -> None:
    owner.get("/coach/programmes/new")

    page = owner.post("/coach/programmes/new", title=title)

    assert (page.status, page.error_beside("Title")) == (422, message)
    with app.app_context():
        assert db.session.scalars(select(Programme)).all() == []
    assert mux.requests == []


@pytest.mark.parametrize("title", ["x" * 255, "<b>Bold</b> & “quoted”", "🧘🏽‍♀️ Yoga für Anfänger", "१२३"])
def test_any_title_that_fits_is_taken_to_the_letter(owner: Reader, kept: Kept, title: str) -> None:
    owner.get("/coach/programmes/new")
    answer = owner.post("/coach/programmes/new", title=title)

    assert kept().title == title
    assert owner.get(str(answer.location)).heading == title


def test_the_draft_is_kept_when_mux_fails_and_the_coach_reads_why(
    owner: Reader, kept: Kept, mux: MuxDouble, attempts: Callable[[], list[Upload]]
) -> None:
    mux.failure = MuxError(Trouble.REFUSED, "Free plan is limited to 10 assets")
    owner.get("/coach/programmes/new")

    answer = owner.post("/coach/programmes/new", title="Stubborn")
    page = owner.get(str(answer.location))

    assert "Free plan is limited to 10 assets" in page.text
    assert "draft is kept" in page.text
    assert (kept().title, kept().status) == ("Stubborn", Status.AWAITING_UPLOAD)
    assert [attempt.status for attempt in attempts()] == [UploadStatus.REQUESTED]

    mux.failure = None  # and the next file finds its way
    assert owner.post(f"{answer.location}/upload-url").answer.get_json()["url"].startswith("https://mux.test/")
