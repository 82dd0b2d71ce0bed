"""Whoever opens a programme's page that is behind is shown what Mux says now: asked once, and never in the way."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from structlog.testing import capture_logs

from portal.extensions import db
from portal.models import Programme, Status
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload, Fact, Report
from portal.mux.gateway import MuxError, Trouble
from portal.upkeep.reconcile import ASKED_AGAIN_AFTER
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.mux_double import MuxDouble
from tests.pages import Page, Reader

AWAITING, PROCESSING, READY, ERRORED = Status
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

# When the question is due, when Mux was last asked, and whether opening the page and its poll ask now.
CASES: list[tuple[datetime | None, datetime | None, tuple[bool, bool]]] = [
    (None, None, (False, False)),
    (NOON + SECOND, None, (False, False)),
    (NOON, None, (True, True)),
    (NOON - MINUTE, None, (True, True)),
    (NOON + MINUTE, NOON - MINUTE, (True, False)),  # it has been processing for longer than events take
    (NOON + MINUTE, NOON - ASKED_AGAIN_AFTER + SECOND, (False, False)),
    (NOON - MINUTE, NOON - ASKED_AGAIN_AFTER + SECOND, (False, False)),
    (NOON - MINUTE, NOON - ASKED_AGAIN_AFTER, (True, True)),
]


@pytest.mark.parametrize(("due", "asked", "asks"), CASES, ids=str)
def test_when_mux_is_asked(
    desk: "Desk", *, due: datetime | None, asked: datetime | None, asks: tuple[bool, bool]
) -> None:
    for place, is_asked in zip(("", "/status?known=nothing"), asks, strict=True):
        programme = desk.behind(check_due_at=due, asked_at=asked)
        desk.becomes_ready(programme)

        page = desk.owner.get(f"/coach/programmes/{programme.product_id}{place}")

        assert page.one("[data-status]")["data-status"] == ("ready" if is_asked else "processing"), place


def test_an_upload_whose_time_is_over_is_found_out_when_its_page_is_opened(desk: "Desk") -> None:
    programme = desk.behind(status=AWAITING, check_due_at=NOON)
    desk.mux.uploads[desk.upload_id(programme)] = DirectUpload(id="up", status="timed_out")

    assert "The file did not arrive in time." in desk.open(programme).text


def test_a_replacement_is_asked_about_too(desk: "Desk") -> None:
    programme = desk.make(status=READY, mux_asset_id="as-old")  # its attempt has another asset
    desk.set_attempt(programme, check_due_at=NOON)
    desk.becomes_ready(programme)

    assert 'data-version="pb-new"' in desk.open(programme).answer.get_data(as_text=True)


@pytest.mark.parametrize("trouble", sorted(set(Trouble) - {Trouble.NOT_FOUND}))  # which is an answer
def test_a_failure_of_mux_s_is_logged_once_and_the_page_shows_what_is_known(desk: "Desk", trouble: Trouble) -> None:
    programme = desk.behind(check_due_at=NOON)
    desk.becomes_ready(programme)
    desk.mux.failure = MuxError(trouble, "No.")

    with capture_logs() as logs:
        pages = [desk.open(programme), desk.open(programme), desk.open(programme)]

    assert [(page.status, page.one("[data-status]")["data-status"]) for page in pages] == [(200, "processing")] * 3
    assert [line["event"] for line in logs] == ["mux.unanswered"]


def test_the_question_stays_due_after_a_failure(desk: "Desk", clock: StoppedClock) -> None:
    programme = desk.behind(check_due_at=NOON)
    desk.becomes_ready(programme)
    desk.mux.failure = MuxError(Trouble.OUT_OF_REACH, "Mux did not answer")
    desk.open(programme)
    desk.mux.failure = None
    clock.at += ASKED_AGAIN_AFTER

    assert desk.open(programme).one("[data-status]")["data-status"] == "ready"


def test_of_many_who_look_at_once_one_asks_and_all_see_a_page(desk: "Desk", app: Flask, cast: Cast) -> None:
    programme = desk.behind(check_due_at=NOON)
    desk.becomes_ready(programme)
    readers = [Reader(app, cast.owner) for _ in range(6)]
    together, pages = threading.Barrier(6), list[Page]()

    def look(reader: Reader) -> None:
        together.wait()
        pages.append(reader.get(desk.address(programme)))

    in_threads(*(lambda reader=reader: look(reader) for reader in readers))

    assert [page.status for page in pages] == [200] * 6
    assert {page.one("[data-status]")["data-status"] for page in pages} <= {"processing", "ready"}
    assert desk.asked == 1
    assert desk.open(programme).one("[data-status]")["data-status"] == "ready"


def test_whoever_looks_waits_for_a_writer_and_does_not_fail(desk: "Desk", app: Flask) -> None:
    """On SQLite a reading transaction that turned writer would fail here at once: "database is locked"."""
    programmes = [desk.behind(check_due_at=NOON) for _ in range(4)]
    for programme in programmes:
        desk.becomes_ready(programme)
    is_over = threading.Event()

    def write_on() -> None:
        while not is_over.wait(0.002):
            desk.touch(programmes[0])

    def look() -> None:
        try:
            assert {desk.open(programme).status for programme in programmes} == {200}
        finally:
            is_over.set()

    in_threads(write_on, look)

    statuses = {desk.open(programme).one("[data-status]")["data-status"] for programme in programmes}
    assert statuses == {"ready"}


def test_a_programme_that_was_removed_while_mux_was_asked_is_not_found(desk: "Desk", app: Flask) -> None:
    programme = desk.behind(check_due_at=NOON)
    desk.becomes_ready(programme)

    def remove() -> None:
        with app.app_context():
            db.session.delete(db.session.get_one(Programme, programme.product_id))
            db.session.commit()

    desk.while_asked = remove

    assert desk.open(programme).status == 404


def in_threads(*calls: Callable[[], object]) -> None:
    failures: list[BaseException] = []

    def guarded(call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as failure:  # noqa: BLE001 - told to the test that waits
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


class Desk:
    """The owner at their page, and a Mux that counts how often it is asked about assets."""

    def __init__(self, app: Flask, owner: Reader, mux: MuxDouble, make: Callable[..., Programme]) -> None:
        self.app, self.owner, self.mux, self.make = app, owner, mux, make
        self.asked = 0
        self.while_asked: Callable[[], None] = lambda: None
        answer = mux.get_asset

        def counted(asset_id: str) -> Report:
            self.asked += 1
            meanwhile = threading.Thread(target=self.while_asked)
            meanwhile.start()
            meanwhile.join()
            return answer(asset_id)

        mux.get_asset = counted  # type: ignore[method-assign]

    def behind(self, *, status: Status = PROCESSING, **values: datetime | None) -> Programme:
        programme = self.make(status=status)
        self.set_attempt(programme, **values)
        return programme

    def set_attempt(self, programme: Programme, **values: datetime | None) -> None:
        with self.app.app_context():
            attempt = db.session.scalars(select_current_upload(programme.product_id)).one()
            for name, value in values.items():
                setattr(attempt, name, value)
            db.session.commit()

    def becomes_ready(self, programme: Programme) -> None:
        """At Mux, without a word of it."""
        with self.app.app_context():
            attempt = db.session.scalars(select_current_upload(programme.product_id)).one()
        asset_id = str(attempt.asset_id)
        self.mux.assets[asset_id] = Report(
            fact=Fact.ASSET_READY,
            asset_id=asset_id,
            upload_id=attempt.mux_upload_id,
            playback_id="pb-new" if programme.mux_asset_id else f"pb-of-{asset_id}",
        )

    def upload_id(self, programme: Programme) -> str:
        with self.app.app_context():
            return str(db.session.scalars(select_current_upload(programme.product_id)).one().mux_upload_id)

    def touch(self, programme: Programme) -> None:
        with self.app.app_context():
            db.session.get_one(Programme, programme.product_id).description += "."
            db.session.commit()

    def address(self, programme: Programme) -> str:
        return f"/coach/programmes/{programme.product_id}"

    def open(self, programme: Programme) -> Page:
        return self.owner.get(self.address(programme))


@pytest.fixture
def desk(app: Flask, cast: Cast, mux: MuxDouble, make: Callable[..., Programme]) -> Desk:
    return Desk(app, Reader(app, cast.owner), mux, make)
