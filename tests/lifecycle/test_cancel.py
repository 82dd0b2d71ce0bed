"""Giving up a video that is on its way."""

import pytest

from portal.lifecycle.attempts import begin_attempt, begin_programme, cancel_attempt, keep_upload
from portal.lifecycle.moves import StateConflictError
from portal.lifecycle.reports import apply_report
from portal.models import DiscardKind, Happening, Outcome, Status
from portal.mux.facts import DirectUpload, Fact
from tests.clock import NOON
from tests.lifecycle.conftest import LATER, Programmes

AWAITING, PROCESSING, READY, ERRORED = Status


def test_an_upload_that_waits_is_cancelled_here_and_to_be_at_mux(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(AWAITING)

    cancel_attempt(programme, programmes.owner, at=LATER)

    assert (programme.status, programme.error_type) == (ERRORED, "cancelled")
    assert (attempt.is_current, attempt.check_due_at) == (False, None)
    assert programmes.discarded(DiscardKind.UPLOAD) == {attempt.mux_upload_id}


def test_a_video_that_mux_works_on_is_to_be_deleted_there(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)

    cancel_attempt(programme, programmes.owner, at=LATER)

    assert programme.status is ERRORED
    assert programmes.discarded() == {attempt.asset_id}
    assert programmes.discarded(DiscardKind.UPLOAD) == set()


def test_mux_owes_nothing_for_an_upload_that_it_never_heard_of(programmes: Programmes) -> None:
    programme, _ = begin_programme(programmes.owner, title="Never sent", at=NOON)

    cancel_attempt(programme, programmes.owner, at=LATER)

    assert programme.status is ERRORED
    assert programmes.discarded(DiscardKind.UPLOAD) == set()


def test_the_old_video_stays_when_the_new_one_is_cancelled(programmes: Programmes) -> None:
    programme, old, fresh = programmes.replacing()

    cancel_attempt(programme, programmes.owner, at=LATER)

    assert (programme.status, programme.mux_asset_id, programme.is_published) == (READY, old.asset_id, True)
    assert not fresh.is_current
    assert programmes.discarded(DiscardKind.UPLOAD) == {"u-2"}
    assert programmes.last_line(programme)[0] is Happening.ATTEMPT


def test_a_new_video_that_mux_works_on_can_be_cancelled_too(programmes: Programmes) -> None:
    programme, old, fresh = programmes.replacing()
    apply_report(programme, fresh, programmes.report(Fact.ASSET_CREATED, fresh, asset_id="a-2"), at=LATER)

    cancel_attempt(programme, programmes.owner, at=LATER)

    assert programme.mux_asset_id == old.asset_id
    assert programmes.discarded() == {"a-2"}


@pytest.mark.parametrize("status", [READY, ERRORED])
def test_there_is_nothing_to_cancel_where_nothing_is_on_its_way(programmes: Programmes, status: Status) -> None:
    programme, _ = programmes.in_state(status)

    with pytest.raises(StateConflictError, match="nothing to cancel"):
        cancel_attempt(programme, programmes.owner, at=LATER)


def test_a_new_video_that_failed_can_not_be_cancelled_any_more(programmes: Programmes) -> None:
    programme, _, fresh = programmes.replacing()
    apply_report(programme, fresh, programmes.report(Fact.ASSET_ERRORED, fresh, asset_id="a-2"), at=LATER)

    with pytest.raises(StateConflictError):
        cancel_attempt(programme, programmes.owner, at=LATER)


@pytest.mark.parametrize("fact", list(Fact))
def test_whatever_mux_still_says_about_a_cancelled_attempt_changes_nothing(programmes: Programmes, fact: Fact) -> None:
    programme, attempt = programmes.in_state(AWAITING)
    cancel_attempt(programme, programmes.owner, at=LATER)

    decision = apply_report(programme, attempt, programmes.report(fact, attempt), at=LATER)

    assert (decision.outcome, programme.status) == (Outcome.SUPERSEDED, ERRORED)
    if fact in {Fact.ASSET_CREATED, Fact.ASSET_READY, Fact.ASSET_ERRORED}:
        assert programmes.discarded() == {"asset-new"}


def test_a_coach_is_not_told_of_what_they_cancelled_themselves(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(AWAITING)
    cancel_attempt(programme, programmes.owner, at=LATER)
    apply_report(programme, attempt, programmes.report(Fact.UPLOAD_CANCELLED, attempt), at=LATER)

    assert programmes.told(programme) == []


def test_after_a_cancel_another_try_begins_as_after_any_failure(programmes: Programmes) -> None:
    programme, _ = programmes.in_state(AWAITING)
    cancel_attempt(programme, programmes.owner, at=LATER)

    again = begin_attempt(programme, programmes.owner, at=LATER)

    assert (programme.status, programme.error_type, again.is_current) == (AWAITING, None, True)


def test_an_address_that_a_newer_one_replaced_is_to_be_closed_at_mux(programmes: Programmes) -> None:
    programme, first = begin_programme(programmes.owner, title="Two links", at=NOON)
    keep_upload(first, DirectUpload(id="u-1", status="waiting"), is_handed_out=True, at=NOON)

    begin_attempt(programme, programmes.owner, at=LATER)

    assert programmes.discarded(DiscardKind.UPLOAD) == {"u-1"}
