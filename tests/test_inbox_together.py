"""Events that are applied together: each comes to what it would have come to alone, by a few statements in all."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt, keep_upload
from portal.lifecycle.ledger import AppliedMeanwhileError
from portal.models import Discard, Happening, History, Notice, Outcome, Programme, Status, Upload, WebhookEvent
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload, Fact, Report
from portal.mux.webhook import MuxEvent
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.queries import queries_of
from tests.receiving import receive, receive_all

AWAITING, PROCESSING, READY, ERRORED = Status
APPLIED, KNOWN, SUPERSEDED = Outcome.APPLIED, Outcome.ALREADY_KNOWN, Outcome.SUPERSEDED


class Inbox:
    """Programmes that wait for a file, and the events by which they get one."""

    def __init__(self, cast: Cast) -> None:
        self.owner = db.session.merge(cast.owner)
        self._numbers = count(1)

    def programmes(self, how_many: int) -> list[Programme]:
        return [make_programme(self.owner, status=AWAITING) for _ in range(how_many)]

    def attempt(self, programme: Programme) -> Upload:
        return db.session.scalars(select_current_upload(programme.product_id)).one()

    def arrived(self, programme: Programme) -> MuxEvent:
        upload_id = self.attempt(programme).mux_upload_id
        return self.event(Report(fact=Fact.ASSET_CREATED, upload_id=upload_id, asset_id=asset_of(programme)))

    def ready(self, programme: Programme) -> MuxEvent:
        """Names the asset alone."""
        playback_id = f"playback-{programme.product_id}"
        return self.event(Report(fact=Fact.ASSET_READY, asset_id=asset_of(programme), playback_id=playback_id))

    def ready_at_once(self, programme: Programme) -> MuxEvent:
        """Names the upload too, of which nothing was heard before."""
        upload_id, playback_id = self.attempt(programme).mux_upload_id, f"playback-{programme.product_id}"
        report = Report(
            fact=Fact.ASSET_READY, upload_id=upload_id, asset_id=asset_of(programme), playback_id=playback_id
        )
        return self.event(report)

    def event(self, report: Report | None, kind: str = "any") -> MuxEvent:
        return MuxEvent(id=f"event-{next(self._numbers)}", type=kind, environment="env01", payload="{}", report=report)


def asset_of(programme: Programme) -> str:
    return f"asset-{programme.product_id}"


def outcomes(events: Sequence[MuxEvent]) -> list[Outcome]:
    return [receipt.outcome for receipt in receive_all(events, NOON)]


def test_each_comes_to_what_it_would_have_come_to_alone(inbox: Inbox) -> None:
    one, other = inbox.programmes(2)
    foreign = inbox.event(Report(fact=Fact.UPLOAD_ERRORED, upload_id="up-foreign"))

    assert outcomes([inbox.arrived(one), foreign, inbox.arrived(other), inbox.event(None)]) == [
        APPLIED,
        Outcome.UNKNOWN_PROGRAMME,
        APPLIED,
        Outcome.UNKNOWN_TYPE,
    ]
    assert (one.status, other.status) == (PROCESSING, PROCESSING)
    assert {row.status for row in fresh(Programme)} == {PROCESSING}


def test_those_of_one_programme_follow_each_other_in_the_order_they_came_in(inbox: Inbox) -> None:
    (programme,) = inbox.programmes(1)

    assert outcomes([inbox.arrived(programme), inbox.ready(programme), inbox.arrived(programme)]) == [
        APPLIED,
        APPLIED,
        KNOWN,
    ]

    (row,) = fresh(Programme)
    assert (row.status, row.mux_asset_id) == (READY, asset_of(programme))
    lines = [(row.kind, row.from_status, row.to_status) for row in fresh(History)]
    assert lines == [
        (Happening.STATE, AWAITING, PROCESSING),
        (Happening.STATE, PROCESSING, READY),
        (Happening.NOTICE, READY, READY),
        (Happening.EVENT, READY, READY),
    ]
    assert len(fresh(Notice)) == 1


def test_an_event_of_an_attempt_that_was_given_up_does_not_hide_what_came_before_it(inbox: Inbox) -> None:
    """It used to be that such an event reads the current attempt again, which has changed only in memory by then."""
    (programme,) = inbox.programmes(1)
    late = inbox.arrived(programme)
    again = begin_attempt(programme, inbox.owner, at=NOON)
    keep_upload(again, DirectUpload(id="up-again", status="waiting"), is_handed_out=True, at=NOON)
    current = inbox.event(Report(fact=Fact.ASSET_CREATED, upload_id="up-again", asset_id="asset-again"))

    assert outcomes([current, late]) == [APPLIED, SUPERSEDED]

    assert [row.asset_id for row in fresh(Upload)] == [asset_of(programme), "asset-again"]
    assert [row.mux_id for row in fresh(Discard)][-1:] == [asset_of(programme)]


def test_the_same_event_twice_among_them_is_applied_once(inbox: Inbox) -> None:
    (programme,) = inbox.programmes(1)
    event = inbox.arrived(programme)

    first, second = receive_all([event, event], NOON)

    assert (first.outcome, first.is_repeat, second.outcome, second.is_repeat) == (APPLIED, False, APPLIED, True)
    assert first.product_id == second.product_id == programme.product_id
    assert [row.tries for row in fresh(WebhookEvent)] == [1]


def test_what_was_applied_before_is_left_alone_beside_what_was_not(inbox: Inbox) -> None:
    one, other = inbox.programmes(2)
    known = inbox.arrived(one)
    receive(known, NOON)

    known_again, fresh_one = receive_all([known, inbox.arrived(other)], NOON)

    assert (known_again.is_repeat, fresh_one.is_repeat) == (True, False)
    assert [row.tries for row in fresh(WebhookEvent)] == [1, 1]


def test_what_somebody_else_applied_meanwhile_is_not_applied_a_second_time(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (programme,) = inbox.programmes(1)
    event = inbox.arrived(programme)
    receive(event, NOON)
    monkeypatch.setattr("portal.inbox.verdicts_of", lambda *_: {})  # as it was before the other one committed

    with pytest.raises(AppliedMeanwhileError):
        receive(event, NOON)


@pytest.mark.parametrize("tells", ["arrived", "ready_at_once"])
def test_the_number_of_statements_does_not_grow_with_that_of_the_events(app: Flask, inbox: Inbox, tells: str) -> None:
    one, *others = inbox.programmes(11)
    alone, together = [getattr(inbox, tells)(one)], [getattr(inbox, tells)(each) for each in others]
    db.session.flush()

    with queries_of(app) as for_one:
        receive_all(alone, NOON)
    with queries_of(app) as for_ten:
        receive_all(together, NOON)

    assert len(for_one) == len(for_ten) <= 9


def fresh(table: type[Any]) -> list[Any]:
    """The rows as they stand in the database, in their order."""
    db.session.flush()
    chosen = select(table).order_by(table.id if hasattr(table, "id") else func.now())
    return list(db.session.scalars(chosen.execution_options(populate_existing=True)))


@pytest.fixture
def inbox(in_app: Flask, cast: Cast) -> Inbox:
    return Inbox(cast)
