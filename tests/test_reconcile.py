"""Asking Mux for the truth: what is done with each answer, and with none."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt
from portal.lifecycle.hearing import Decision
from portal.models import Outcome, Programme, Status, Upload
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload, Fact, Fault, Report
from portal.mux.gateway import MuxError, Trouble
from portal.upkeep.reconcile import (
    BATCH,
    ask_about_all,
    ask_about_due,
    ask_about_video,
    ask_mux,
    is_worth_asking,
)
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.mux_double import MuxDouble
from tests.turns import at_once

AWAITING, PROCESSING, READY, ERRORED = Status
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
STOPPING = (Trouble.OUT_OF_REACH, Trouble.RATE_LIMITED, Trouble.CREDENTIALS)
GOING_ON = (Trouble.REFUSED, Trouble.FAILED, Trouble.UNREADABLE)


@pytest.mark.parametrize(
    ("answer", "status", "error_type"),
    [
        ({"status": "timed_out"}, ERRORED, "timed_out"),
        ({"status": "cancelled"}, ERRORED, "cancelled"),
        ({"status": "errored"}, ERRORED, "unknown"),
        ({"status": "errored", "fault": Fault(type="invalid_input", message="No.")}, ERRORED, "invalid_input"),
        ({"status": "asset_created", "asset_id": "as-1"}, READY, None),
        (None, ERRORED, "timed_out"),  # Mux knows nothing of it any more
    ],
    ids=str,
)
def test_what_became_of_an_upload_that_nothing_was_heard_of(
    desk: "Desk", answer: dict[str, Any] | None, status: Status, error_type: str | None
) -> None:
    product_id = desk.programme(AWAITING, "up-1")
    if answer is not None:
        desk.mux.uploads["up-1"] = DirectUpload(id="up-1", **answer)
    desk.mux.assets["as-1"] = ready_report("as-1", "up-1")

    decision = ask_mux(product_id, desk.mux, NOON)

    assert decision is not None
    assert decision.outcome is Outcome.APPLIED
    assert (desk.row(product_id).status, desk.row(product_id).error_type) == (status, error_type)
    assert desk.attempt(product_id).check_due_at is None


@pytest.mark.parametrize(
    ("fact", "status"),
    [
        (Fact.ASSET_CREATED, PROCESSING),
        (Fact.ASSET_READY, READY),
        (Fact.ASSET_ERRORED, ERRORED),
        (None, ERRORED),  # deleted at Mux
    ],
)
def test_what_became_of_an_asset(desk: "Desk", fact: Fact | None, status: Status) -> None:
    product_id = desk.programme(PROCESSING, "up-1", "as-1")
    if fact is not None:
        desk.mux.assets["as-1"] = Report(fact=fact, asset_id="as-1", upload_id="up-1", playback_id="pb-1")

    ask_mux(product_id, desk.mux, NOON)

    assert desk.row(product_id).status is status


@pytest.mark.parametrize("mux_status", ["waiting", "a word from the future"])
def test_an_upload_that_still_waits_is_asked_about_again_when_its_time_is_over(desk: "Desk", mux_status: str) -> None:
    product_id = desk.programme(AWAITING, "up-1", expires=NOON + HOUR)
    desk.mux.uploads["up-1"] = DirectUpload(id="up-1", status=mux_status)

    assert ask_mux(product_id, desk.mux, NOON) is None
    assert desk.attempt(product_id).check_due_at == NOON + HOUR

    assert ask_mux(product_id, desk.mux, NOON + 2 * HOUR) is None
    assert desk.attempt(product_id).check_due_at == NOON + 2 * HOUR + 2 * MINUTE
    assert desk.row(product_id).status is AWAITING


def test_there_is_nothing_to_ask_about_an_attempt_that_mux_never_heard_of(desk: "Desk") -> None:
    product_id = desk.programme(AWAITING, None)
    desk.mux.failure = MuxError(Trouble.OUT_OF_REACH, "must not be called")

    assert ask_mux(product_id, desk.mux, NOON) is None
    assert ask_mux(uuid.UUID(int=1), desk.mux, NOON) is None


def test_when_mux_can_t_be_asked_the_question_stays_due(desk: "Desk") -> None:
    product_id = desk.programme(AWAITING, "up-1", due=NOON)
    desk.mux.failure = MuxError(Trouble.OUT_OF_REACH, "Mux did not answer")

    with pytest.raises(MuxError):
        ask_mux(product_id, desk.mux, NOON)

    assert desk.attempt(product_id).check_due_at == NOON


def test_an_answer_about_an_attempt_that_was_replaced_while_mux_was_asked_changes_nothing(desk: "Desk") -> None:
    product_id = desk.programme(AWAITING, "up-1")
    desk.mux.uploads["up-1"] = DirectUpload(id="up-1", status="errored")
    desk.while_asked(lambda: desk.replace_attempt(product_id))

    decision = ask_mux(product_id, desk.mux, NOON)

    assert decision == Decision(outcome=Outcome.SUPERSEDED, reason="A newer attempt has taken the place of this one.")
    assert desk.row(product_id).status is AWAITING


def test_an_answer_about_a_programme_that_was_deleted_in_the_meantime_is_dropped(desk: "Desk") -> None:
    product_id = desk.programme(AWAITING, "up-1")
    desk.mux.uploads["up-1"] = DirectUpload(id="up-1", status="errored")
    desk.while_asked(lambda: desk.delete(product_id))

    assert ask_mux(product_id, desk.mux, NOON) is None


def test_only_questions_that_are_due_are_asked_the_longest_due_first(desk: "Desk") -> None:
    later = desk.programme(AWAITING, "up-later", due=NOON + SECOND)
    second = desk.programme(AWAITING, "up-second", due=NOON)
    first = desk.programme(AWAITING, "up-first", due=NOON - HOUR)

    assert ask_about_due(desk.mux, NOON, at_once).done == 2

    assert desk.asked == ["up-first", "up-second"]
    assert [desk.row(each).status for each in (first, second, later)] == [ERRORED, ERRORED, AWAITING]


def test_a_question_about_a_replaced_attempt_is_not_asked(desk: "Desk") -> None:
    product_id = desk.programme(AWAITING, "up-1", due=NOON)
    desk.replace_attempt(product_id)

    assert ask_about_due(desk.mux, NOON, at_once).done == 0
    assert desk.asked == []


@pytest.mark.parametrize("trouble", STOPPING)
def test_where_mux_answers_nobody_the_rest_is_left_for_the_next_time(desk: "Desk", trouble: Trouble) -> None:
    for number in range(3):
        desk.programme(AWAITING, f"up-{number}", due=NOON)
    desk.mux.failure = MuxError(trouble, "Not now.")

    with capture_logs() as logs:
        assert ask_about_due(desk.mux, NOON, at_once).done == 0

    assert len(desk.asked) == 1
    (line,) = logs
    assert (line["event"], line["trouble"], line["reason"]) == ("mux.unanswered", trouble, "Not now.")
    desk.mux.failure = None
    assert ask_about_due(desk.mux, NOON, at_once).done == 3


@pytest.mark.parametrize("trouble", GOING_ON)
def test_where_mux_stumbles_over_one_question_the_others_are_asked_and_it_steps_back(
    desk: "Desk", trouble: Trouble
) -> None:
    stuck = [desk.programme(AWAITING, f"up-stuck-{number}", due=NOON - HOUR) for number in range(BATCH)]
    desk.programme(AWAITING, "up-fine", due=NOON)
    desk.failing = {f"up-stuck-{number}": MuxError(trouble, "Not this one.") for number in range(BATCH)}

    assert ask_about_due(desk.mux, NOON, at_once).done == 0
    assert len(desk.asked) == BATCH
    assert ask_about_due(desk.mux, NOON, at_once).done == 1

    assert desk.asked[-1] == "up-fine"
    assert all(NOON < desk.due(product_id) <= NOON + HOUR for product_id in stuck)


def test_a_batch_is_bounded(desk: "Desk") -> None:
    for number in range(BATCH + 1):
        desk.programme(AWAITING, f"up-{number}", due=NOON)

    assert ask_about_due(desk.mux, NOON, at_once).done == BATCH
    assert ask_about_due(desk.mux, NOON, at_once).done == 1


def test_asked_about_everything_what_is_not_due_is_asked_about_too(desk: "Desk") -> None:
    desk.programme(AWAITING, "up-due", due=NOON)
    desk.programme(AWAITING, "up-later", due=NOON + HOUR)
    desk.programme(READY, "up-settled", "as-settled")

    assert ask_about_all(desk.mux, NOON, at_once).done == 2

    assert desk.asked == ["up-due", "up-later"]


def test_a_playing_video_that_is_gone_at_mux_takes_its_programme_out_of_the_catalogue(desk: "Desk") -> None:
    product_id = desk.programme(READY, "up-1", "as-1")
    desk.plays(product_id, "as-1")

    decision = ask_about_video(product_id, desk.mux, NOON)

    assert decision is not None
    assert decision.outcome is Outcome.APPLIED
    assert (desk.row(product_id).status, desk.row(product_id).is_published) == (ERRORED, False)


def test_a_playing_video_that_mux_has_is_left_alone(desk: "Desk") -> None:
    product_id = desk.programme(READY, "up-1", "as-1")
    desk.plays(product_id, "as-1")
    desk.mux.assets["as-1"] = ready_report("as-1", "up-1")

    assert ask_about_video(product_id, desk.mux, NOON) is None
    assert desk.row(product_id).status is READY


def test_there_is_no_video_to_ask_about_before_one_is_ready(desk: "Desk") -> None:
    assert ask_about_video(desk.programme(AWAITING, "up-1"), desk.mux, NOON) is None
    assert ask_about_video(uuid.UUID(int=1), desk.mux, NOON) is None


@pytest.mark.parametrize(
    ("status", "values", "is_worth_it"),
    [
        # Mux's events come within seconds: a question that is due, the worker has not come to.
        (PROCESSING, {"check_due_at": NOON}, True),
        (PROCESSING, {"check_due_at": NOON + SECOND}, False),
        (AWAITING, {"check_due_at": NOON - MINUTE}, True),
        (AWAITING, {"check_due_at": NOON + HOUR}, False),
        # Asked before, and still not ready: whoever looks wants to know how it is now.
        (PROCESSING, {"check_due_at": NOON + MINUTE, "asked_at": NOON - MINUTE}, True),
        (PROCESSING, {"check_due_at": NOON + MINUTE, "asked_at": NOON - 14 * SECOND}, False),
        (PROCESSING, {"check_due_at": NOON, "asked_at": NOON - 14 * SECOND}, False),
        (AWAITING, {"check_due_at": NOON + MINUTE, "asked_at": NOON - MINUTE}, False),
        # Nothing is on its way.
        (READY, {"check_due_at": None}, False),
        (ERRORED, {"check_due_at": None}, False),
        # Mux was never told of it.
        (AWAITING, {"check_due_at": NOON, "mux_upload_id": None}, False),
    ],
)
def test_when_somebody_who_looks_should_have_mux_asked(
    desk: "Desk", status: Status, values: dict[str, Any], *, is_worth_it: bool
) -> None:
    product_id = desk.programme(status, "up-1", "as-1" if status is PROCESSING else None)
    attempt = desk.attempt(product_id)
    for name, value in values.items():
        setattr(attempt, name, value)

    assert is_worth_asking(desk.row(product_id), attempt, NOON) is is_worth_it


def test_nothing_is_asked_where_there_is_no_attempt(desk: "Desk") -> None:
    assert not is_worth_asking(desk.row(desk.programme(READY, "up-1")), None, NOON)


class AskedMux(MuxDouble):
    """Remembers its questions, and fails where a test wants it to."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__()
        self._desk = desk

    def get_upload(self, upload_id: str) -> DirectUpload:
        self._desk.about_to_answer(upload_id)
        return super().get_upload(upload_id)


class Desk:
    """Programmes with questions open, each in a transaction that is closed before Mux is asked."""

    def __init__(self, cast: Cast) -> None:
        self.owner = db.session.merge(cast.owner)
        self.mux = AskedMux(self)
        self.asked: list[str] = []
        self.failing: dict[str, MuxError] = {}
        self._meanwhile: Any = None

    def programme(
        self,
        status: Status,
        upload_id: str | None,
        asset_id: str | None = None,
        *,
        due: datetime | None = None,
        expires: datetime | None = None,
    ) -> uuid.UUID:
        programme = make_programme(self.owner, status=status)
        attempt = db.session.scalars(select_current_upload(programme.product_id)).one()
        attempt.mux_upload_id, attempt.asset_id = upload_id, asset_id
        attempt.check_due_at, attempt.url_expires_at = due, expires
        db.session.commit()
        return programme.product_id

    def plays(self, product_id: uuid.UUID, asset_id: str) -> None:
        db.session.get_one(Programme, product_id).mux_asset_id = asset_id
        db.session.commit()

    def row(self, product_id: uuid.UUID) -> Programme:
        row = db.session.get_one(Programme, product_id)
        db.session.commit()
        return row

    def attempt(self, product_id: uuid.UUID) -> Upload:
        attempt = db.session.scalars(select_current_upload(product_id)).one()
        db.session.commit()
        return attempt

    def due(self, product_id: uuid.UUID) -> datetime:
        due = self.attempt(product_id).check_due_at
        assert due is not None
        return due

    def replace_attempt(self, product_id: uuid.UUID) -> None:
        begin_attempt(db.session.get_one(Programme, product_id), self.owner, at=NOON)
        db.session.commit()

    def delete(self, product_id: uuid.UUID) -> None:
        programme = db.session.get_one(Programme, product_id)
        db.session.delete(programme)
        db.session.commit()
        db.session.expunge_all()

    def while_asked(self, happens: Any) -> None:
        self._meanwhile = happens

    def about_to_answer(self, name: str) -> None:
        self.asked.append(name)
        if self._meanwhile is not None:
            self._meanwhile()
        if name in self.failing:
            raise self.failing[name]


def ready_report(asset_id: str, upload_id: str) -> Report:
    return Report(
        fact=Fact.ASSET_READY,
        asset_id=asset_id,
        upload_id=upload_id,
        playback_id="pb-1",
        is_signed=True,
        duration_seconds=61.7,
    )


@pytest.fixture
def desk(in_app: Flask, cast: Cast) -> Desk:
    return Desk(cast)
