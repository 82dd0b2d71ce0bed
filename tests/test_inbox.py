"""Whose event it is: by upload id, then by asset id, then by passthrough."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.inbox import keep_failure, keep_replay_failure, replay
from portal.lifecycle.attempts import begin_attempt, keep_upload
from portal.models import Discard, DiscardKind, Outcome, Programme, Status, Upload, WebhookEvent
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload, Fact, Report
from portal.mux.webhook import BadEventError, MuxEvent, parse
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.receiving import receive
from tests.webhooks.mux_events import asset, event

AWAITING, PROCESSING, READY, ERRORED = Status


@pytest.mark.parametrize(
    "names",
    [
        {"upload_id"},
        {"asset_id"},
        {"upload_id", "asset_id"},
        {"upload_id", "passthrough"},
        {"asset_id", "passthrough"},
        {"upload_id", "asset_id", "passthrough"},
    ],
    ids=lambda names: "+".join(sorted(names)),
)
def test_its_upload_and_its_asset_each_find_the_programme_with_or_without_a_passthrough(
    inbox: "Inbox", names: set[str]
) -> None:
    programme, attempt = inbox.programme(PROCESSING)
    known: dict[str, Any] = {
        "upload_id": attempt.mux_upload_id,
        "asset_id": attempt.asset_id,
        "passthrough": str(programme.product_id),
    }
    report = Report(fact=Fact.ASSET_CREATED, **{name: known[name] for name in names})

    assert inbox.receives(report) == (Outcome.ALREADY_KNOWN, programme.product_id)


def test_the_upload_id_counts_for_more_than_a_passthrough_that_names_another_programme(inbox: "Inbox") -> None:
    programme, attempt = inbox.programme(AWAITING)
    other, _ = inbox.programme(AWAITING)
    report = Report(
        fact=Fact.ASSET_CREATED,
        upload_id=attempt.mux_upload_id,
        asset_id="asset-new",
        passthrough=str(other.product_id),
    )

    assert inbox.receives(report) == (Outcome.APPLIED, programme.product_id)
    assert (programme.status, other.status) == (PROCESSING, AWAITING)


def test_the_asset_id_counts_for_more_than_a_passthrough(inbox: "Inbox") -> None:
    programme, attempt = inbox.programme(PROCESSING)
    other, _ = inbox.programme(PROCESSING)
    report = Report(fact=Fact.ASSET_ERRORED, asset_id=attempt.asset_id, passthrough=str(other.product_id))

    assert inbox.receives(report) == (Outcome.APPLIED, programme.product_id)
    assert (programme.status, other.status) == (ERRORED, PROCESSING)


@pytest.mark.parametrize(
    "report",
    [
        Report(fact=Fact.UPLOAD_ERRORED, upload_id="up-foreign"),
        Report(fact=Fact.ASSET_READY, asset_id="as-foreign", playback_id="p"),
        Report(fact=Fact.ASSET_READY, asset_id="as-foreign", upload_id="up-foreign", passthrough="lesson:42"),
        Report(fact=Fact.ASSET_READY, asset_id="as-foreign", passthrough=str(uuid.UUID(int=1))),
    ],
    ids=["upload", "asset", "a passthrough of another kind", "a passthrough of nobody's"],
)
def test_what_belongs_to_others_in_the_same_environment_is_kept_and_changes_nothing(
    inbox: "Inbox", report: Report
) -> None:
    programme, _ = inbox.programme(PROCESSING)

    assert inbox.receives(report) == (Outcome.UNKNOWN_PROGRAMME, None)
    assert programme.status is PROCESSING
    assert inbox.discarded() == set()


def test_a_foreign_upload_that_names_our_programme_is_not_taken_for_its_own(inbox: "Inbox") -> None:
    """Somebody made an upload by hand, with our passthrough."""
    programme, _ = inbox.programme(AWAITING)
    report = Report(
        fact=Fact.ASSET_READY,
        upload_id="up-by-hand",
        asset_id="as-by-hand",
        playback_id="p",
        passthrough=str(programme.product_id),
    )

    assert inbox.receives(report) == (Outcome.SUPERSEDED, programme.product_id)
    assert (programme.status, inbox.discarded()) == (AWAITING, set())


def test_an_upload_whose_id_we_never_got_to_keep_is_found_by_its_passthrough(inbox: "Inbox") -> None:
    programme, attempt = inbox.programme(AWAITING)
    attempt.mux_upload_id = None
    db.session.flush()
    report = Report(fact=Fact.ASSET_CREATED, upload_id="up-1", asset_id="as-1", passthrough=str(programme.product_id))

    assert inbox.receives(report) == (Outcome.APPLIED, programme.product_id)
    assert programme.status is PROCESSING
    assert [attempt.mux_upload_id, attempt.asset_id] == ["up-1", "as-1"]


def test_an_event_of_a_superseded_attempt_finds_its_programme_and_changes_nothing(inbox: "Inbox") -> None:
    programme, old = inbox.programme(AWAITING)
    fresh = begin_attempt(programme, inbox.owner, at=NOON)
    keep_upload(fresh, DirectUpload(id="up-fresh", status="waiting"), is_handed_out=True, at=NOON)
    report = Report(fact=Fact.ASSET_CREATED, upload_id=old.mux_upload_id, asset_id="as-late")

    assert inbox.receives(report) == (Outcome.SUPERSEDED, programme.product_id)
    assert (programme.status, fresh.asset_id, inbox.discarded()) == (AWAITING, None, {"as-late"})


def test_the_video_that_plays_is_known_by_its_id_when_its_attempt_was_long_replaced(inbox: "Inbox") -> None:
    programme, _ = inbox.programme(READY)
    playing = programme.mux_asset_id
    begin_attempt(programme, inbox.owner, at=NOON)
    db.session.flush()

    assert inbox.receives(Report(fact=Fact.ASSET_DELETED, asset_id=playing)) == (
        Outcome.APPLIED,
        programme.product_id,
    )
    assert programme.status is ERRORED


def test_a_track_and_an_unknown_type_are_kept_without_a_look_for_a_programme(inbox: "Inbox") -> None:
    track = inbox.event(None, kind="video.asset.track.ready")
    unknown = inbox.event(None, kind="video.asset.warning")

    assert receive(track, NOON).outcome is Outcome.KEPT
    assert receive(unknown, NOON).outcome is Outcome.UNKNOWN_TYPE


def test_a_repeat_says_what_was_decided_the_first_time(inbox: "Inbox") -> None:
    programme, attempt = inbox.programme(AWAITING)
    event = inbox.event(Report(fact=Fact.ASSET_CREATED, upload_id=attempt.mux_upload_id, asset_id="as-1"))

    first, second = receive(event, NOON), receive(event, NOON)

    assert (first.outcome, first.is_repeat) == (Outcome.APPLIED, False)
    assert (second.outcome, second.is_repeat) == (Outcome.APPLIED, True)
    assert first.product_id == second.product_id == programme.product_id


def test_a_failure_is_kept_once_with_its_latest_reason_in_a_bounded_length(inbox: "Inbox") -> None:
    event = inbox.event(None)

    keep_failure(event, ValueError("first"), NOON)
    keep_failure(event, ValueError("x" * 5000), NOON)

    row = db.session.scalars(select(WebhookEvent)).one()
    assert (row.outcome, row.tries, row.applied_at) == (Outcome.FAILED, 2, None)
    assert row.error is not None
    assert row.error.startswith("ValueError: xxx")
    assert len(row.error) == 2000


def test_a_failure_does_not_hide_that_another_delivery_succeeded(inbox: "Inbox") -> None:
    event = inbox.event(None, kind="video.asset.warning")
    receive(event, NOON)

    keep_failure(event, ValueError("too late"), NOON)

    row = db.session.scalars(select(WebhookEvent)).one()
    assert (row.outcome, row.error, row.tries) == (Outcome.UNKNOWN_TYPE, None, 1)


def test_a_replay_applies_what_had_failed(inbox: "Inbox") -> None:
    programme, _ = inbox.programme(PROCESSING)
    row = inbox.keeps(programme, Outcome.FAILED)

    receipt = replay(row, NOON)

    assert (receipt.outcome, receipt.is_repeat, programme.status) == (Outcome.APPLIED, False, READY)
    assert (row.outcome, row.applied_at, row.error, row.tries) == (Outcome.APPLIED, NOON, None, 2)
    assert row.product_id == programme.product_id


@pytest.mark.parametrize("outcome", [Outcome.APPLIED, Outcome.ALREADY_KNOWN, Outcome.SUPERSEDED])
def test_a_replay_leaves_alone_what_is_settled(inbox: "Inbox", outcome: Outcome) -> None:
    """A later event may have said otherwise: the old one would bring back what is true no more."""
    programme, _ = inbox.programme(PROCESSING)
    row = inbox.keeps(programme, outcome)

    receipt = replay(row, NOON)

    assert (receipt.outcome, receipt.is_repeat) == (outcome, True)
    assert (row.tries, programme.status) == (1, PROCESSING)


@pytest.mark.parametrize(
    "outcome", [Outcome.UNKNOWN_PROGRAMME, Outcome.UNKNOWN_TYPE, Outcome.KEPT, Outcome.CONTRADICTS]
)
def test_a_replay_takes_up_again_what_had_been_left_open(inbox: "Inbox", outcome: Outcome) -> None:
    programme, _ = inbox.programme(PROCESSING)

    assert replay(inbox.keeps(programme, outcome), NOON).outcome is Outcome.APPLIED
    assert programme.status is READY


def test_a_replay_that_can_t_read_the_payload_says_so(inbox: "Inbox") -> None:
    programme, _ = inbox.programme(PROCESSING)
    row = inbox.keeps(programme, Outcome.FAILED)
    row.payload = "{}"

    with pytest.raises(BadEventError):
        replay(row, NOON)


def test_a_replay_that_fails_keeps_its_reason_and_what_was_decided_before(inbox: "Inbox") -> None:
    programme, _ = inbox.programme(PROCESSING)
    rows = [inbox.keeps(programme, outcome) for outcome in (Outcome.UNKNOWN_TYPE, Outcome.FAILED)]

    for row in rows:
        keep_replay_failure(row, ValueError("x" * 5000))

    assert [row.outcome for row in rows] == [Outcome.UNKNOWN_TYPE, Outcome.FAILED]
    for row in rows:
        assert row.error is not None
        assert (len(row.error), row.tries) == (2000, 2)


def test_a_replay_that_fails_does_not_hide_that_mux_s_own_retry_succeeded(inbox: "Inbox") -> None:
    programme, _ = inbox.programme(PROCESSING)
    row = inbox.keeps(programme, Outcome.APPLIED)

    keep_replay_failure(row, ValueError("too late"))

    assert (row.outcome, row.error, row.tries) == (Outcome.APPLIED, None, 1)


class Inbox:
    """Programmes to find, and events that tell of them."""

    def __init__(self, cast: Cast) -> None:
        self.owner = db.session.merge(cast.owner)
        self._count = 0

    def programme(self, status: Status) -> tuple[Programme, Upload]:
        programme = make_programme(self.owner, status=status)
        return programme, db.session.scalars(select_current_upload(programme.product_id)).one()

    def event(self, report: Report | None, kind: str = "video.asset.ready") -> MuxEvent:
        self._count += 1
        return MuxEvent(id=f"event-{self._count}", type=kind, environment="env01", payload="{}", report=report)

    def receives(self, report: Report) -> tuple[Outcome, uuid.UUID | None]:
        receipt = receive(self.event(report), NOON)
        return receipt.outcome, receipt.product_id

    def keeps(self, programme: Programme, outcome: Outcome) -> WebhookEvent:
        """The row of an event by which the programme would become ready, and which came to something before."""
        attempt = db.session.scalars(select_current_upload(programme.product_id)).one()
        assert attempt.asset_id is not None
        ready = asset("ready", asset_id=attempt.asset_id, upload_id=attempt.mux_upload_id)
        read = parse(event("video.asset.ready", ready))
        row = WebhookEvent(mux_event_id=read.id, type=read.type, payload=read.payload, received_at=NOON, tries=1)
        row.outcome, row.applied_at = outcome, None if outcome is Outcome.FAILED else NOON
        db.session.add(row)
        db.session.flush()
        return row

    def discarded(self) -> set[str]:
        return set(db.session.scalars(select(Discard.mux_id).where(Discard.kind == DiscardKind.ASSET)))


@pytest.fixture
def inbox(in_app: Flask, cast: Cast) -> Inbox:
    return Inbox(cast)
