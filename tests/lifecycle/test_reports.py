"""Every state of a programme against everything that Mux can say about its current attempt."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt, begin_programme, keep_upload, next_check
from portal.lifecycle.deletion import take_back_programme
from portal.lifecycle.moves import StateConflictError
from portal.lifecycle.publication import set_published
from portal.lifecycle.reports import apply_report
from portal.models import History, Outcome, Product, Programme, Status, Upload
from portal.mux.facts import DirectUpload, Fact, Fault, Report
from tests.clock import NOON
from tests.lifecycle.conftest import LATER, Programmes

AWAITING, PROCESSING, READY, ERRORED = Status
APPLIED, KNOWN, CONTRADICTS = Outcome.APPLIED, Outcome.ALREADY_KNOWN, Outcome.CONTRADICTS


@pytest.mark.parametrize(
    ("before", "fact", "after", "outcome"),
    [
        # Waiting for a file: anything may come first, since events come in any order.
        (AWAITING, Fact.ASSET_CREATED, PROCESSING, APPLIED),
        (AWAITING, Fact.ASSET_READY, READY, APPLIED),
        (AWAITING, Fact.ASSET_ERRORED, ERRORED, APPLIED),
        (AWAITING, Fact.ASSET_DELETED, ERRORED, APPLIED),
        (AWAITING, Fact.UPLOAD_ERRORED, ERRORED, APPLIED),
        (AWAITING, Fact.UPLOAD_CANCELLED, ERRORED, APPLIED),
        (AWAITING, Fact.UPLOAD_TIMED_OUT, ERRORED, APPLIED),
        # Mux has the file.
        (PROCESSING, Fact.ASSET_CREATED, PROCESSING, KNOWN),
        (PROCESSING, Fact.ASSET_READY, READY, APPLIED),
        (PROCESSING, Fact.ASSET_ERRORED, ERRORED, APPLIED),
        (PROCESSING, Fact.ASSET_DELETED, ERRORED, APPLIED),
        (PROCESSING, Fact.UPLOAD_ERRORED, ERRORED, APPLIED),
        (PROCESSING, Fact.UPLOAD_CANCELLED, ERRORED, APPLIED),
        (PROCESSING, Fact.UPLOAD_TIMED_OUT, ERRORED, APPLIED),
        # It plays: late and repeated events are known, impossible ones are not believed.
        (READY, Fact.ASSET_CREATED, READY, KNOWN),
        (READY, Fact.ASSET_READY, READY, KNOWN),
        (READY, Fact.ASSET_ERRORED, READY, CONTRADICTS),
        (READY, Fact.ASSET_DELETED, ERRORED, APPLIED),
        (READY, Fact.UPLOAD_ERRORED, READY, CONTRADICTS),
        (READY, Fact.UPLOAD_CANCELLED, READY, CONTRADICTS),
        (READY, Fact.UPLOAD_TIMED_OUT, READY, CONTRADICTS),
        # It failed: only Mux's answer to a question brings it back.
        (ERRORED, Fact.ASSET_CREATED, ERRORED, KNOWN),
        (ERRORED, Fact.ASSET_READY, ERRORED, CONTRADICTS),
        (ERRORED, Fact.ASSET_ERRORED, ERRORED, KNOWN),
        (ERRORED, Fact.ASSET_DELETED, ERRORED, KNOWN),
        (ERRORED, Fact.UPLOAD_ERRORED, ERRORED, KNOWN),
        (ERRORED, Fact.UPLOAD_CANCELLED, ERRORED, KNOWN),
        (ERRORED, Fact.UPLOAD_TIMED_OUT, ERRORED, KNOWN),
    ],
)
def test_an_event_of_the_current_attempt(
    programmes: Programmes, before: Status, fact: Fact, after: Status, outcome: Outcome
) -> None:
    programme, attempt = programmes.in_state(before)

    decision = apply_report(programme, attempt, programmes.report(fact, attempt), at=LATER)

    assert (programme.status, decision.outcome) == (after, outcome)
    assert programmes.history_says(programme) == ([(before, after)] if before is not after else [])
    assert (attempt.check_due_at == LATER) == (outcome is CONTRADICTS)


def test_the_table_above_is_whole() -> None:
    rows = test_an_event_of_the_current_attempt.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {(before, fact) for before, fact, *_ in rows} == {(status, fact) for status in Status for fact in Fact}


@pytest.mark.parametrize(
    ("before", "fact", "after"),
    [
        (ERRORED, Fact.ASSET_CREATED, PROCESSING),
        (ERRORED, Fact.ASSET_READY, READY),
        (READY, Fact.ASSET_ERRORED, ERRORED),
        (AWAITING, Fact.UPLOAD_TIMED_OUT, ERRORED),
        (READY, Fact.ASSET_READY, READY),
    ],
)
def test_what_mux_answers_when_asked_settles_the_matter(
    programmes: Programmes, before: Status, fact: Fact, after: Status
) -> None:
    programme, attempt = programmes.in_state(before)

    apply_report(programme, attempt, programmes.report(fact, attempt), at=LATER, was_asked=True)

    assert programme.status is after
    assert (attempt.check_due_at is None) == (after is not PROCESSING)


def test_a_ready_programme_has_all_that_it_needs_and_is_published(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)

    apply_report(programme, attempt, programmes.report(Fact.ASSET_READY, attempt), at=LATER)

    assert programme.mux_asset_id == attempt.asset_id
    assert (programme.mux_playback_id, programme.is_signed) == ("playback-1", True)
    assert programme.duration_seconds == 62  # 61.7 seconds, rounded
    assert (programme.is_published, programme.published_at) == (True, LATER)


def test_a_coach_who_chose_otherwise_is_not_published_by_the_video(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)
    set_published(programme, wanted=False, by=programmes.owner, at=NOON)

    apply_report(programme, attempt, programmes.report(Fact.ASSET_READY, attempt), at=LATER)

    assert (programme.status, programme.is_published, programme.published_at) == (READY, False, None)


def test_an_asset_without_a_playback_id_is_never_ready(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)
    unplayable = Report(fact=Fact.ASSET_READY, asset_id=attempt.asset_id, upload_id=attempt.mux_upload_id)

    assert apply_report(programme, attempt, unplayable, at=LATER).outcome is CONTRADICTS
    assert programme.status is PROCESSING

    apply_report(programme, attempt, unplayable, at=LATER, was_asked=True)
    assert (programme.status, programme.error_type) == (ERRORED, "no_playback_id")


def test_mux_s_reason_is_kept_for_the_coach(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)
    fault = Fault(type="invalid_input", message="The input file was not a valid video or audio file.")

    apply_report(programme, attempt, Report(fact=Fact.ASSET_ERRORED, asset_id=attempt.asset_id, fault=fault), at=LATER)

    assert (programme.error_type, programme.error_message) == (fault.type, fault.message)
    assert (attempt.error_type, attempt.error_message) == (fault.type, fault.message)


def test_a_video_deleted_at_mux_takes_its_programme_out_of_the_catalogue(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(READY)

    apply_report(programme, attempt, programmes.report(Fact.ASSET_DELETED, attempt), at=LATER)

    assert (programme.is_published, programme.mux_asset_id, programme.mux_playback_id) == (False, None, None)
    assert programme.publish_when_ready  # it was published, so its next video will be


def test_trying_again_begins_a_new_attempt_and_keeps_the_coach_s_words(programmes: Programmes) -> None:
    programme, failed = programmes.in_state(ERRORED, title="Breathing", tags=["calm"], description="Slowly.")

    fresh = begin_attempt(programme, programmes.owner, at=LATER)

    assert programme.status is AWAITING
    assert (programme.title, programme.tags, programme.description) == ("Breathing", ["calm"], "Slowly.")
    assert (programme.error_type, programme.error_message) == (None, None)
    assert (failed.superseded_at, fresh.is_current) == (LATER, True)
    assert programmes.discarded() == {failed.asset_id}


def test_a_fresh_link_supersedes_the_old_one_without_a_change_of_state(programmes: Programmes) -> None:
    programme, old = programmes.in_state(AWAITING)

    fresh = begin_attempt(programme, programmes.owner, at=LATER)

    assert (programme.status, old.is_current, fresh.is_current) == (AWAITING, False, True)


def test_no_new_attempt_while_a_video_is_being_processed(programmes: Programmes) -> None:
    programme, _ = programmes.in_state(PROCESSING)

    with pytest.raises(StateConflictError):
        begin_attempt(programme, programmes.owner, at=LATER)


@pytest.mark.parametrize("fact", [Fact.ASSET_CREATED, Fact.ASSET_READY, Fact.ASSET_ERRORED])
def test_a_late_event_of_a_superseded_attempt_changes_nothing_but_gets_its_asset_deleted(
    programmes: Programmes, fact: Fact
) -> None:
    programme, old = programmes.in_state(AWAITING)
    begin_attempt(programme, programmes.owner, at=NOON)

    decision = apply_report(programme, old, programmes.report(fact, old, asset_id="late"), at=LATER)

    assert (programme.status, decision.outcome) == (AWAITING, Outcome.SUPERSEDED)
    assert programmes.discarded() == {"late"}


def test_an_attempt_whose_upload_id_was_lost_is_found_by_its_passthrough(programmes: Programmes) -> None:
    programme, attempt = begin_programme(programmes.owner, title="Lost and found", at=NOON)
    report = Report(fact=Fact.ASSET_CREATED, upload_id="u-1", asset_id="a-1", passthrough=str(programme.product_id))

    assert apply_report(programme, None, report, at=LATER).outcome is APPLIED
    assert (programme.status, attempt.mux_upload_id, attempt.asset_id) == (PROCESSING, "u-1", "a-1")


def test_an_event_that_names_no_attempt_is_not_guessed_at_where_there_were_several(programmes: Programmes) -> None:
    programme, _ = programmes.in_state(AWAITING)
    current = begin_attempt(programme, programmes.owner, at=NOON)
    report = Report(fact=Fact.ASSET_READY, asset_id="whose", playback_id="p", passthrough=str(programme.product_id))

    assert apply_report(programme, None, report, at=LATER).outcome is CONTRADICTS
    assert (programme.status, current.check_due_at) == (AWAITING, LATER)


def test_another_playback_id_in_an_event_is_asked_about_and_kept_once_mux_confirms_it(programmes: Programmes) -> None:
    """The event may be older than what is known: replayed, late, or followed by another."""
    programme, attempt = programmes.in_state(READY)
    report = programmes.report(Fact.ASSET_READY, attempt, playback_id="playback-2")

    assert apply_report(programme, attempt, report, at=LATER).outcome is CONTRADICTS
    assert (programme.mux_playback_id, attempt.check_due_at) == ("playback-1", LATER)

    assert apply_report(programme, attempt, report, at=LATER, was_asked=True).outcome is APPLIED
    assert (programme.mux_playback_id, attempt.check_due_at) == ("playback-2", None)


def test_the_old_video_plays_until_its_replacement_is_ready(programmes: Programmes) -> None:
    programme, old = programmes.in_state(READY)
    fresh = begin_attempt(programme, programmes.owner, at=NOON)
    keep_upload(fresh, DirectUpload(id="u-2", status="waiting"), is_handed_out=True, at=NOON)

    apply_report(programme, fresh, programmes.report(Fact.ASSET_CREATED, fresh, asset_id="a-2"), at=LATER)
    assert (programme.status, programme.mux_asset_id, programme.is_published) == (READY, old.asset_id, True)

    apply_report(programme, fresh, programmes.report(Fact.ASSET_READY, fresh, playback_id="p-2"), at=LATER)
    assert (programme.status, programme.mux_asset_id, programme.mux_playback_id) == (READY, "a-2", "p-2")
    assert programmes.discarded() == {old.asset_id}


def test_a_replacement_that_fails_leaves_the_old_video_in_place(programmes: Programmes) -> None:
    programme, old = programmes.in_state(READY)
    fresh = begin_attempt(programme, programmes.owner, at=NOON)
    keep_upload(fresh, DirectUpload(id="u-2", status="waiting"), is_handed_out=True, at=NOON)

    apply_report(programme, fresh, programmes.report(Fact.ASSET_ERRORED, fresh, asset_id="a-2"), at=LATER)

    assert (programme.status, programme.mux_asset_id, programme.is_published) == (READY, old.asset_id, True)
    assert fresh.error_type == "invalid_input"


def test_a_video_that_is_worked_on_is_asked_about_until_it_is_done(programmes: Programmes) -> None:
    """So that a lost event leaves no programme in processing for ever."""
    programme, attempt = programmes.in_state(AWAITING)

    apply_report(programme, attempt, programmes.report(Fact.ASSET_CREATED, attempt), at=LATER)
    assert attempt.check_due_at == LATER + timedelta(minutes=2)

    much_later = LATER + timedelta(minutes=2)
    apply_report(programme, attempt, programmes.report(Fact.ASSET_CREATED, attempt), at=much_later, was_asked=True)
    assert attempt.check_due_at == much_later + timedelta(minutes=2)

    apply_report(programme, attempt, programmes.report(Fact.ASSET_READY, attempt), at=much_later, was_asked=True)
    assert attempt.check_due_at is None


@pytest.mark.parametrize(
    ("is_handed_out", "waited", "next_in"),
    [
        (False, timedelta(0), timedelta(hours=24)),  # nobody can have used it
        (True, timedelta(0), timedelta(minutes=2)),
        (True, timedelta(minutes=8), timedelta(minutes=2)),
        (True, timedelta(hours=4), timedelta(hours=1)),
        (True, timedelta(hours=23), timedelta(hours=1)),  # its time is over then
        (True, timedelta(hours=25), timedelta(minutes=2)),
    ],
)
def test_a_file_that_is_waited_for_is_asked_about_ever_less_often(
    programmes: Programmes,
    is_handed_out: bool,  # noqa: FBT001
    waited: timedelta,
    next_in: timedelta,
) -> None:
    _, attempt = begin_programme(programmes.owner, title="Slow line", at=NOON)
    day = 24 * 60 * 60
    answer = DirectUpload(id="u-1", status="waiting", url="https://mux.test/u-1", timeout_seconds=day)

    keep_upload(attempt, answer, is_handed_out=is_handed_out, at=NOON)

    assert next_check(attempt, NOON + waited) == NOON + waited + next_in


def test_only_what_can_be_played_can_be_published(programmes: Programmes) -> None:
    programme, _ = programmes.in_state(PROCESSING)

    with pytest.raises(StateConflictError):
        set_published(programme, wanted=True, by=programmes.owner, at=LATER)


def test_publishing_again_keeps_the_first_date(programmes: Programmes) -> None:
    programme, _ = programmes.in_state(READY)
    first = programme.published_at

    set_published(programme, wanted=False, by=programmes.owner, at=LATER)
    assert not programme.is_published
    set_published(programme, wanted=True, by=programmes.owner, at=LATER)

    assert (programme.is_published, programme.published_at) == (True, first)


def test_a_programme_that_came_to_nothing_leaves_no_row(programmes: Programmes) -> None:
    programme, _ = begin_programme(programmes.owner, title="Never", at=NOON)

    take_back_programme(programme)
    db.session.flush()

    for table in (Product, Programme, Upload, History):
        assert db.session.scalars(select(table)).all() == []


def test_the_database_refuses_a_published_programme_without_a_video(programmes: Programmes) -> None:
    programme, _ = programmes.in_state(PROCESSING)
    programme.is_published, programme.published_at = True, NOON

    with pytest.raises(Exception, match="published_is_ready"):
        db.session.flush()
