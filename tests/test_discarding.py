"""Paying what is owed to Mux: deletions and cancellations, tried until they are done."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from structlog.testing import capture_logs

from portal.extensions import db
from portal.models import Discard, DiscardKind, Status
from portal.models.discard import discard_again, discard_asset, discard_upload
from portal.models.upload import select_current_upload
from portal.mux.errors import MUX_IS_AWAY, MuxError, MuxNotAskedError, Trouble
from portal.mux.facts import DirectUpload
from portal.upkeep.discarding import pay_discards
from tests.browser.stack import eventually
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.mux_double import MuxDouble
from tests.turns import at_once
from tests.waiting import somebody_waits

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def discard_asset_again(asset_id: str, product_id: uuid.UUID, reason: str, at: datetime) -> None:
    discard_again(DiscardKind.ASSET, asset_id, product_id, reason, at)


def test_what_was_discarded_is_deleted_at_mux_once(desk: "Desk") -> None:
    desk.discard("as-1")
    desk.discard("as-2")

    assert pay_discards(desk.mux, NOON, at_once).done == 2
    assert pay_discards(desk.mux, NOON, at_once).done == 0

    assert sorted(desk.mux.deleted_assets) == ["as-1", "as-2"]
    assert [(row.done_at, row.tries, row.error) for row in desk.debts()] == [(NOON, 1, None)] * 2


def test_a_refused_deletion_is_tried_again_ever_later_and_never_given_up(desk: "Desk") -> None:
    desk.discard("as-1")
    desk.mux.failure = MuxError(Trouble.REFUSED, "Not now.")
    at = NOON
    waits = []
    for _ in range(9):
        assert pay_discards(desk.mux, at, at_once).done == 0
        (debt,) = desk.debts()
        waits.append((debt.next_try_at - at) / MINUTE)
        at = debt.next_try_at
        assert pay_discards(desk.mux, at - SECOND, at_once).done == 0

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (debt.tries, debt.error) == (9, "refused: Not now.")

    desk.mux.failure = None
    assert pay_discards(desk.mux, at, at_once).done == 1
    (debt,) = desk.debts()
    assert (debt.done_at, debt.error) == (at, None)


def test_after_a_very_long_time_a_refused_deletion_is_still_tried_every_hour(desk: "Desk") -> None:
    desk.discard("as-1", tries=5000)
    desk.mux.failure = MuxError(Trouble.REFUSED, "Not now.")

    pay_discards(desk.mux, NOON, at_once)

    assert desk.debts()[0].next_try_at == NOON + HOUR


@pytest.mark.parametrize("trouble", sorted(MUX_IS_AWAY))
def test_where_mux_answers_nobody_the_other_deletions_wait(desk: "Desk", trouble: Trouble) -> None:
    for number in range(3):
        desk.discard(f"as-{number}")
    desk.mux.failure = MuxError(trouble, "Not now.")

    with capture_logs() as logs:
        assert pay_discards(desk.mux, NOON, at_once).done == 0

    assert [line["event"] for line in logs] == ["mux.not_discarded"]
    assert sorted(row.tries for row in desk.debts()) == [0, 0, 1]
    desk.mux.failure = None
    assert pay_discards(desk.mux, NOON + MINUTE, at_once).done == 3


def test_a_deletion_that_was_held_back_counts_as_no_try(desk: "Desk") -> None:
    desk.discard("as-1")
    desk.mux.failure = MuxNotAskedError("Mux has not answered for a while", retry_after_seconds=7)

    run = pay_discards(desk.mux, NOON, at_once)

    assert (run.done, run.stopped_by) == (0, desk.mux.failure)
    assert [(row.tries, row.next_try_at, row.error) for row in desk.debts()] == [(0, NOON, None)]


def test_where_mux_refuses_one_deletion_the_others_are_made(desk: "Desk") -> None:
    for number in range(3):
        desk.discard(f"as-{number}")
    desk.failing = {"as-1": MuxError(Trouble.REFUSED, "Not this one.")}

    assert pay_discards(desk.mux, NOON, at_once).done == 2


def test_an_upload_that_waits_is_cancelled(desk: "Desk") -> None:
    desk.mux.uploads["up-1"] = DirectUpload(id="up-1", status="waiting")
    desk.discard_upload("up-1")

    assert pay_discards(desk.mux, NOON, at_once).done == 1

    assert desk.mux.cancelled_uploads == ["up-1"]


@pytest.mark.parametrize("status", ["cancelled", "timed_out", "errored", None])
def test_there_is_nothing_to_do_about_an_upload_that_is_over(desk: "Desk", status: str | None) -> None:
    if status is not None:
        desk.mux.uploads["up-1"] = DirectUpload(id="up-1", status=status)
    desk.discard_upload("up-1")

    assert pay_discards(desk.mux, NOON, at_once).done == 1

    assert desk.mux.cancelled_uploads == []
    assert [row.done_at for row in desk.debts()] == [NOON]


def test_a_video_that_came_through_before_its_upload_was_cancelled_is_deleted(desk: "Desk") -> None:
    desk.mux.uploads["up-1"] = DirectUpload(id="up-1", status="asset_created", asset_id="as-1")
    desk.discard_upload("up-1")

    pay_discards(desk.mux, NOON, at_once)
    pay_discards(desk.mux, NOON, at_once)

    assert desk.mux.deleted_assets == ["as-1"]
    assert [(row.kind, row.done_at) for row in desk.debts()] == [(DiscardKind.UPLOAD, NOON), (DiscardKind.ASSET, NOON)]


def test_an_upload_that_stops_waiting_while_it_is_cancelled_is_looked_at_again(desk: "Desk") -> None:
    desk.mux.uploads["up-1"] = DirectUpload(id="up-1", status="waiting")
    desk.discard_upload("up-1")
    desk.failing_cancels = True

    assert pay_discards(desk.mux, NOON, at_once).done == 0

    desk.mux.uploads["up-1"] = DirectUpload(id="up-1", status="asset_created", asset_id="as-1")
    assert pay_discards(desk.mux, NOON + MINUTE, at_once).done == 1
    assert [row.mux_id for row in desk.debts()] == ["up-1", "as-1"]


def test_noting_a_debt_twice_is_noting_it_once(desk: "Desk") -> None:
    for _ in range(2):
        desk.discard("as-1")
        desk.discard_upload("as-1")  # of another kind, it is another debt

    assert len(desk.debts()) == 2


@pytest.mark.parametrize("again", [discard_asset, discard_asset_again], ids=["noted", "found at Mux"])
def test_a_debt_that_is_open_stays_as_it_is_when_it_is_noted_again(desk: "Desk", again: Callable[..., None]) -> None:
    desk.discard("as-1", tries=3)

    again("as-1", uuid.UUID(int=2), "another reason", NOON + HOUR)

    (debt,) = desk.debts()
    assert (debt.reason, debt.tries, debt.next_try_at) == ("a test", 3, NOON)


def test_a_debt_that_was_paid_stays_so_when_it_is_noted_again(desk: "Desk") -> None:
    desk.paid("as-1")

    discard_asset("as-1", uuid.UUID(int=1), "another reason", NOON + HOUR)

    (debt,) = desk.debts()
    assert (debt.reason, debt.done_at) == ("a test", NOON)


def test_a_debt_that_was_paid_is_open_again_where_the_asset_is_found_at_mux(desk: "Desk") -> None:
    desk.paid("as-1")

    discard_asset_again("as-1", uuid.UUID(int=1), "another reason", NOON + HOUR)

    (debt,) = desk.debts()
    assert (debt.reason, debt.done_at, debt.error, debt.tries) == ("another reason", None, None, 0)
    assert (debt.created_at, debt.next_try_at) == (NOON + HOUR, NOON + HOUR)


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_of_two_who_note_a_debt_at_the_same_time_neither_fails(app: Flask, desk: "Desk", end: str) -> None:
    """Whether the first one's note is kept or taken back, the debt is noted once in the end."""

    def note_it_too() -> None:
        with app.app_context():
            desk.discard_upload("up-1")

    discard_upload("up-1", uuid.UUID(int=1), "a test", NOON)
    db.session.flush()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(note_it_too)
        try:
            eventually(lambda: somebody_waits(db.engine))
        finally:
            getattr(db.session, end)()
    other.result()

    assert [row.mux_id for row in desk.debts()] == ["up-1"]


class CountedMux(MuxDouble):
    """Fails where a test wants it to."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__()
        self._desk = desk

    def cancel_upload(self, upload_id: str) -> None:
        if self._desk.failing_cancels:
            raise MuxError(Trouble.REFUSED, "the upload is not waiting any more")
        super().cancel_upload(upload_id)

    def delete_asset(self, asset_id: str) -> None:
        if asset_id in self._desk.failing:
            raise self._desk.failing[asset_id]
        super().delete_asset(asset_id)


def test_an_upload_whose_asset_mux_names_no_more_is_closed_by_the_asset_that_we_know(desk: "Desk", cast: Cast) -> None:
    """The asset was deleted before it: by its own discard, which an event of it had brought about."""
    programme = make_programme(db.session.merge(cast.owner), status=Status.ERRORED)
    attempt = db.session.scalars(select_current_upload(programme.product_id)).one()
    attempt.mux_upload_id, attempt.asset_id = "up-1", "as-1"
    discard_upload("up-1", programme.product_id, "it was cancelled", NOON)
    db.session.commit()
    desk.mux.uploads["up-1"] = DirectUpload(id="up-1", status="asset_created", asset_id=None)

    assert pay_discards(desk.mux, NOON, at_once).done == 1
    assert pay_discards(desk.mux, NOON, at_once).done == 1

    assert [(row.mux_id, row.done_at, row.error) for row in desk.debts()] == [
        ("up-1", NOON, None),
        ("as-1", NOON, None),
    ]
    assert desk.mux.deleted_assets == ["as-1"]


class Desk:
    """Debts, and the Mux that they are owed to."""

    def __init__(self) -> None:
        self.mux = CountedMux(self)
        self.failing: dict[str, MuxError] = {}
        self.failing_cancels = False

    def discard(self, asset_id: str, tries: int = 0) -> None:
        discard_asset(asset_id, uuid.UUID(int=1), "a test", NOON)
        db.session.flush()
        db.session.scalars(select(Discard).where(Discard.mux_id == asset_id)).first().tries = tries  # type: ignore[union-attr]
        db.session.commit()

    def paid(self, asset_id: str) -> None:
        self.discard(asset_id)
        pay_discards(self.mux, NOON, at_once)

    def discard_upload(self, upload_id: str) -> None:
        discard_upload(upload_id, uuid.UUID(int=1), "a test", NOON)
        db.session.commit()

    def debts(self) -> list[Discard]:
        rows = list(db.session.scalars(select(Discard).order_by(Discard.id)))
        db.session.commit()
        return rows


@pytest.fixture
def desk(in_app: Flask) -> Desk:
    return Desk()
