"""Getting an address to upload to: the first is handed out once, then there are fresh ones; nothing is lost."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt, begin_programme, cancel_attempt
from portal.lifecycle.deletion import delete_programme
from portal.lifecycle.moves import StateConflictError
from portal.models import Discard, DiscardKind, Programme, Status, Upload
from portal.models.programme import select_programme_for_update
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload, Fact, Report
from portal.mux.gateway import MuxError, Trouble, UploadRequest
from portal.uploading import open_another_upload, open_upload, upload_to_use
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.factories import make_programme
from tests.mux_double import MuxDouble

AWAITING, PROCESSING, READY, ERRORED = Status
OUT_OF_REACH = MuxError(Trouble.OUT_OF_REACH, "Mux did not answer")


def test_an_upload_is_asked_for_with_the_programme_s_own_words(studio: "Studio") -> None:
    product_id = studio.begin("Breathing")

    assert studio.mux.requests == [
        UploadRequest(
            passthrough=str(product_id),
            title="Breathing",
            creator_id=str(studio.owner.id),
            cors_origin="http://portal.test",
        )
    ]
    attempt = studio.attempt(product_id)
    assert (attempt.mux_upload_id, attempt.url) == ("upload-1", "https://mux.test/upload-1")
    assert attempt.url_expires_at == attempt.check_due_at == NOON + timedelta(days=1)
    assert attempt.url_given_at is None


def test_when_mux_fails_the_draft_stays_and_the_next_try_makes_it_good(studio: "Studio") -> None:
    studio.mux.failure = OUT_OF_REACH
    with pytest.raises(MuxError):
        studio.begin("Breathing")
    studio.mux.failure = None

    (product_id,) = studio.products()
    assert studio.attempt(product_id).mux_upload_id is None
    assert studio.url(product_id) == "https://mux.test/upload-1"
    assert studio.row(product_id).status is AWAITING


def test_the_first_address_is_handed_out_once_and_then_a_fresh_one_each_time(studio: "Studio") -> None:
    product_id = studio.begin("Breathing")

    urls = [studio.url(product_id) for _ in range(3)]

    assert urls == [f"https://mux.test/upload-{number}" for number in (1, 2, 3)]
    assert studio.attempt(product_id).mux_upload_id == "upload-3"
    assert studio.attempts() == 3


def test_an_address_that_will_end_before_a_large_file_is_through_is_replaced(
    studio: "Studio", clock: StoppedClock
) -> None:
    product_id = studio.begin("Breathing")

    clock.advance(hours=23, minutes=29, seconds=59)
    assert studio.attempt(product_id).can_be_handed_out(clock.at)
    clock.advance(seconds=1)
    assert studio.url(product_id) == "https://mux.test/upload-2"


def test_a_video_that_has_arrived_after_all_is_noticed(studio: "Studio") -> None:
    product_id = studio.begin("Breathing")
    studio.url(product_id)
    studio.mux.uploads["upload-1"] = DirectUpload(id="upload-1", status="asset_created", asset_id="as-1")
    studio.mux.assets["as-1"] = Report(fact=Fact.ASSET_CREATED, asset_id="as-1", upload_id="upload-1")

    with pytest.raises(StateConflictError, match="has arrived"):
        studio.url(product_id)

    assert studio.row(product_id).status is PROCESSING
    assert (len(studio.mux.requests), studio.discarded()) == (1, set())


def test_a_video_that_is_ready_by_now_is_noticed(studio: "Studio") -> None:
    product_id = studio.begin("Breathing")
    studio.url(product_id)
    studio.mux.uploads["upload-1"] = DirectUpload(id="upload-1", status="asset_created", asset_id="as-1")
    studio.mux.assets["as-1"] = Report(fact=Fact.ASSET_READY, asset_id="as-1", upload_id="upload-1", playback_id="pb-1")

    with pytest.raises(StateConflictError, match="has its video"):
        studio.url(product_id)

    assert studio.row(product_id).status is READY


def test_an_address_is_not_given_up_while_nobody_can_say_what_came_through_it(studio: "Studio") -> None:
    product_id = studio.begin("Breathing")
    studio.url(product_id)
    studio.mux.failure = OUT_OF_REACH

    with pytest.raises(MuxError):
        studio.url(product_id)

    assert studio.attempt(product_id).mux_upload_id == "upload-1"
    assert studio.attempts() == 1


@pytest.mark.parametrize("mux_status", ["errored", "cancelled", "timed_out"])
def test_an_upload_that_came_to_nothing_is_followed_by_a_fresh_one(studio: "Studio", mux_status: str) -> None:
    product_id = studio.begin("Breathing")
    studio.url(product_id)
    studio.mux.uploads["upload-1"] = DirectUpload(id="upload-1", status=mux_status)

    assert studio.url(product_id) == "https://mux.test/upload-2"
    assert (studio.row(product_id).status, studio.row(product_id).error_type) == (AWAITING, None)


def test_an_upload_that_mux_knows_no_more_is_followed_by_a_fresh_one(studio: "Studio") -> None:
    product_id = studio.begin("Breathing")
    studio.url(product_id)
    studio.mux.uploads.clear()

    assert studio.url(product_id) == "https://mux.test/upload-2"


def test_after_a_failed_video_there_is_a_fresh_address_and_the_coach_s_words_are_kept(studio: "Studio") -> None:
    product_id = studio.add(ERRORED, title="Breathing", tags=["calm"])

    assert studio.url(product_id) == "https://mux.test/upload-1"
    row = studio.row(product_id)
    assert (row.status, row.title, row.tags) == (AWAITING, "Breathing", ["calm"])


@pytest.mark.parametrize(("status", "words"), [(PROCESSING, "nothing more to upload"), (READY, "has its video")])
def test_where_there_is_a_video_there_is_nothing_to_upload(studio: "Studio", status: Status, words: str) -> None:
    product_id = studio.add(status)

    with pytest.raises(StateConflictError, match=words):
        studio.url(product_id)

    assert studio.mux.requests == []


def test_of_two_who_ask_at_once_the_later_one_gets_the_address(studio: "Studio") -> None:
    """The first still waits for Mux when the second begins an attempt of its own."""
    product_id = studio.begin("Breathing")
    studio.url(product_id)
    studio.while_mux_works(lambda: studio.begin_another_attempt(product_id))

    with pytest.raises(StateConflictError, match="in the meantime"):
        studio.url(product_id)

    assert studio.attempt(product_id).mux_upload_id is None
    assert studio.row(product_id).status is AWAITING
    assert "upload-2" in studio.discarded_uploads()


def test_a_first_upload_that_a_newer_attempt_overtook_is_discarded(studio: "Studio") -> None:
    studio.while_mux_works(lambda: studio.begin_another_attempt(studio.products()[0]))

    with pytest.raises(StateConflictError, match="in the meantime"):
        studio.begin("Breathing")

    assert studio.discarded_uploads() == {"upload-1"}


def test_an_upload_that_was_cancelled_while_mux_made_it_is_discarded(studio: "Studio") -> None:
    studio.while_mux_works(lambda: studio.cancel(studio.products()[0]))

    with pytest.raises(StateConflictError, match="in the meantime"):
        studio.begin("Breathing")

    assert studio.discarded_uploads() == {"upload-1"}
    assert studio.row(studio.products()[0]).status is ERRORED


@pytest.mark.parametrize("status", [AWAITING, READY, ERRORED])
def test_when_mux_fails_a_further_attempt_has_not_begun(studio: "Studio", status: Status) -> None:
    product_id = studio.add(status)
    before = studio.attempt(product_id).id
    studio.mux.failure = OUT_OF_REACH

    with pytest.raises(MuxError):
        studio.another(product_id)

    row = studio.row(product_id)
    assert (row.status, row.error_type) == (status, "invalid_input" if status is ERRORED else None)
    assert (studio.attempt(product_id).id, studio.attempts()) == (before, 1)
    assert studio.discarded_uploads() == studio.discarded() == set()


def test_a_further_attempt_that_a_deletion_overtook_leaves_nothing_at_mux(studio: "Studio") -> None:
    product_id = studio.add(READY)
    studio.while_mux_works(lambda: studio.move_to_the_bin(product_id))

    with pytest.raises(StateConflictError, match="deleted"):
        studio.another(product_id)

    assert studio.discarded_uploads() == {"upload-1"}
    assert studio.attempts() == 1


def test_what_was_to_be_kept_beside_an_address_is_kept_with_it_or_not_at_all(studio: "Studio") -> None:
    product_id = studio.add(ERRORED)

    def refuse(_upload: Upload) -> None:
        raise StateConflictError("no")

    with pytest.raises(StateConflictError, match="no"):
        studio.another(product_id, keep=refuse)

    assert (studio.row(product_id).status, studio.attempts()) == (ERRORED, 1)
    assert studio.discarded_uploads() == {"upload-1"}


def test_a_new_video_s_address_is_handed_out_while_its_file_is_awaited(studio: "Studio") -> None:
    product_id = studio.add(READY)
    studio.another(product_id)

    assert [studio.url(product_id) for _ in range(2)] == ["https://mux.test/upload-1", "https://mux.test/upload-2"]
    assert studio.row(product_id).status is READY


def test_once_the_new_video_has_arrived_there_is_nothing_more_to_upload(studio: "Studio") -> None:
    product_id = studio.add(READY)
    studio.another(product_id)
    studio.url(product_id)
    studio.mux.uploads["upload-1"] = DirectUpload(id="upload-1", status="asset_created", asset_id="as-1")
    studio.mux.assets["as-1"] = Report(fact=Fact.ASSET_CREATED, asset_id="as-1", upload_id="upload-1")

    for _ in range(2):
        with pytest.raises(StateConflictError, match="has arrived"):
            studio.url(product_id)

    assert studio.discarded() == set()


def test_a_new_video_that_took_its_place_unnoticed_is_noticed(studio: "Studio") -> None:
    product_id = studio.add(READY)
    studio.another(product_id)
    studio.url(product_id)
    studio.mux.uploads["upload-1"] = DirectUpload(id="upload-1", status="asset_created", asset_id="as-1")
    studio.mux.assets["as-1"] = Report(fact=Fact.ASSET_READY, asset_id="as-1", upload_id="upload-1", playback_id="pb-1")

    with pytest.raises(StateConflictError, match="has its video"):
        studio.url(product_id)

    assert studio.row(product_id).mux_asset_id == "as-1"


def test_after_a_new_video_s_upload_came_to_nothing_there_is_a_fresh_address(studio: "Studio") -> None:
    product_id = studio.add(READY)
    studio.another(product_id)
    studio.url(product_id)
    studio.mux.uploads["upload-1"] = DirectUpload(id="upload-1", status="cancelled")

    assert studio.url(product_id) == "https://mux.test/upload-2"
    assert studio.row(product_id).status is READY


def test_a_programme_that_is_deleted_while_mux_works_stays_deleted(studio: "Studio") -> None:
    product_id = studio.begin("Breathing")
    studio.url(product_id)
    studio.while_mux_works(lambda: studio.delete(product_id))

    with pytest.raises(StateConflictError):
        studio.url(product_id)

    assert studio.products() == []


def test_a_programme_that_is_deleted_while_mux_is_asked_stays_deleted(
    studio: "Studio", monkeypatch: pytest.MonkeyPatch
) -> None:
    product_id = studio.begin("Breathing")
    studio.url(product_id)
    ask = studio.mux.get_upload

    def answer_late(upload_id: str) -> DirectUpload:
        answer = ask(upload_id)
        studio.delete(product_id)
        return answer

    monkeypatch.setattr(studio.mux, "get_upload", answer_late)

    with pytest.raises(StateConflictError, match="deleted"):
        studio.url(product_id)


class Studio:
    """A coach at work; every step begins with no transaction open."""

    def __init__(self, cast: Cast, mux: MuxDouble) -> None:
        self.owner = db.session.merge(cast.owner)
        self.mux = mux
        db.session.commit()

    def begin(self, title: str) -> uuid.UUID:
        programme, upload = begin_programme(self.owner, title=title, at=NOON)
        product_id = programme.product_id
        open_upload(programme, upload, self.mux, is_handed_out=False)
        return product_id

    def add(self, status: Status, **values: Any) -> uuid.UUID:
        programme = make_programme(self.owner, status=status, **values)
        db.session.commit()
        return programme.product_id

    def url(self, product_id: uuid.UUID) -> str | None:
        """What the coach's page does when a file was chosen."""
        programme = db.session.scalars(select_programme_for_update(product_id)).one()
        try:
            return upload_to_use(programme, self.owner, self.mux).url
        finally:
            db.session.rollback()

    def row(self, product_id: uuid.UUID) -> Programme:
        row = db.session.scalars(select_programme_for_update(product_id)).one()
        db.session.commit()
        return row

    def attempt(self, product_id: uuid.UUID) -> Upload:
        attempt = db.session.scalars(select_current_upload(product_id)).one()
        db.session.commit()
        return attempt

    def attempts(self) -> int:
        number = db.session.scalar(select(func.count()).select_from(Upload)) or 0
        db.session.commit()
        return number

    def products(self) -> list[uuid.UUID]:
        ids = list(db.session.scalars(select(Programme.product_id)))
        db.session.commit()
        return ids

    def discarded(self) -> set[str]:
        ids = set(db.session.scalars(select(Discard.mux_id).where(Discard.kind == DiscardKind.ASSET)))
        db.session.commit()
        return ids

    def discarded_uploads(self) -> set[str]:
        ids = set(db.session.scalars(select(Discard.mux_id).where(Discard.kind == DiscardKind.UPLOAD)))
        db.session.commit()
        return ids

    def another(self, product_id: uuid.UUID, **options: Any) -> Upload:
        programme = db.session.scalars(select_programme_for_update(product_id)).one()
        try:
            return open_another_upload(programme, self.owner, self.mux, is_handed_out=False, **options)
        finally:
            db.session.rollback()

    def cancel(self, product_id: uuid.UUID) -> None:
        programme = db.session.scalars(select_programme_for_update(product_id)).one()
        cancel_attempt(programme, self.owner, at=NOON)
        db.session.commit()

    def move_to_the_bin(self, product_id: uuid.UUID) -> None:
        programme = db.session.scalars(select_programme_for_update(product_id)).one()
        delete_programme(programme, self.owner, at=NOON)
        db.session.commit()

    def begin_another_attempt(self, product_id: uuid.UUID) -> None:
        programme = db.session.scalars(select_programme_for_update(product_id)).one()
        begin_attempt(programme, self.owner, at=NOON)
        db.session.commit()

    def delete(self, product_id: uuid.UUID) -> None:
        db.session.delete(db.session.get_one(Programme, product_id))
        db.session.commit()
        db.session.expunge_all()

    def while_mux_works(self, happens: Callable[[], None]) -> None:
        """Let something happen once, after Mux has made the next upload and before its answer is kept."""
        answer = self.mux.create_upload

        def slow_answer(request: UploadRequest) -> DirectUpload:
            self.mux.create_upload = answer  # type: ignore[method-assign]
            upload = answer(request)
            happens()
            return upload

        self.mux.create_upload = slow_answer  # type: ignore[method-assign]


@pytest.fixture
def studio(in_app: Flask, cast: Cast, mux: MuxDouble) -> Studio:
    return Studio(cast, mux)
