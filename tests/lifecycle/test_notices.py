"""What a coach is told of: each outcome of each attempt, once."""

import pytest

from portal.lifecycle.attempts import begin_attempt
from portal.lifecycle.reports import apply_report
from portal.models import Happening, NoticeKind, Status
from portal.mux.facts import Fact, Report
from tests.lifecycle.conftest import LATER, Programmes

AWAITING, PROCESSING, READY, ERRORED = Status


@pytest.mark.parametrize(
    ("status", "fact", "told"),
    [
        (PROCESSING, Fact.ASSET_READY, (NoticeKind.VIDEO_READY, None)),
        (AWAITING, Fact.ASSET_READY, (NoticeKind.VIDEO_READY, None)),
        (PROCESSING, Fact.ASSET_ERRORED, (NoticeKind.VIDEO_FAILED, "No.")),
        (AWAITING, Fact.UPLOAD_ERRORED, (NoticeKind.VIDEO_FAILED, "No.")),
        (AWAITING, Fact.UPLOAD_CANCELLED, (NoticeKind.VIDEO_FAILED, "The upload was cancelled.")),
        (AWAITING, Fact.UPLOAD_TIMED_OUT, (NoticeKind.UPLOAD_UNFINISHED, "The upload was not finished in time.")),
        (READY, Fact.ASSET_DELETED, (NoticeKind.VIDEO_REMOVED, "The video was removed at Mux.")),
        (AWAITING, Fact.ASSET_CREATED, None),
    ],
)
def test_of_each_ending_of_an_upload(
    programmes: Programmes, status: Status, fact: Fact, told: tuple[NoticeKind, str | None] | None
) -> None:
    programme, attempt = programmes.in_state(status)

    for _ in range(3):
        apply_report(programme, attempt, programmes.report(fact, attempt), at=LATER)

    assert programmes.told(programme) == ([told] if told else [])


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (Fact.ASSET_READY, (NoticeKind.REPLACEMENT_READY, None)),
        (Fact.ASSET_ERRORED, (NoticeKind.REPLACEMENT_FAILED, "No.")),
        (Fact.UPLOAD_ERRORED, (NoticeKind.REPLACEMENT_FAILED, "No.")),
        (Fact.UPLOAD_TIMED_OUT, (NoticeKind.UPLOAD_UNFINISHED, "The upload was not finished in time.")),
    ],
)
def test_of_each_ending_of_a_replacement(
    programmes: Programmes, fact: Fact, told: tuple[NoticeKind, str | None]
) -> None:
    programme, _, fresh = programmes.replacing()
    report = programmes.report(fact, fresh, asset_id="a-2", playback_id="p-2")

    for _ in range(3):
        apply_report(programme, fresh, report, at=LATER)

    assert programmes.told(programme) == [told]
    assert programme.status is READY


def test_a_video_that_failed_and_then_turns_out_to_be_ready_is_two_outcomes(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)
    apply_report(programme, attempt, programmes.report(Fact.ASSET_ERRORED, attempt), at=LATER)
    apply_report(programme, attempt, programmes.report(Fact.ASSET_READY, attempt), at=LATER, was_asked=True)

    assert [kind for kind, _ in programmes.told(programme)] == [NoticeKind.VIDEO_FAILED, NoticeKind.VIDEO_READY]


def test_each_attempt_has_its_own(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)
    apply_report(programme, attempt, programmes.report(Fact.ASSET_ERRORED, attempt), at=LATER)
    again = begin_attempt(programme, programmes.owner, at=LATER)
    apply_report(programme, again, programmes.report(Fact.UPLOAD_ERRORED, again), at=LATER)

    assert len(programmes.told(programme)) == 2


def test_the_history_says_that_the_coach_was_told(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)

    apply_report(programme, attempt, programmes.report(Fact.ASSET_READY, attempt), at=LATER)

    assert programmes.last_line(programme) == (Happening.NOTICE, "Its coach was told that the video is ready.")


def test_a_replacement_that_mux_prepared_without_a_way_to_play_it_has_failed_once_mux_confirms(
    programmes: Programmes,
) -> None:
    programme, old, fresh = programmes.replacing()
    unplayable = Report(fact=Fact.ASSET_READY, upload_id="u-2", asset_id="a-2")

    apply_report(programme, fresh, unplayable, at=LATER)
    assert (fresh.check_due_at, programmes.told(programme)) == (LATER, [])

    apply_report(programme, fresh, unplayable, at=LATER, was_asked=True)
    assert [kind for kind, _ in programmes.told(programme)] == [NoticeKind.REPLACEMENT_FAILED]
    assert programme.mux_asset_id == old.asset_id
