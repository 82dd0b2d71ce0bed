"""Comparing Mux with the database, both ways, and what is done about the differences."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt
from portal.lifecycle.deletion import delete_programme, remove_programme
from portal.models import Discard, DiscardKind, Orphan, OrphanKind, Product, Programme, Status, Upload, User
from portal.models.discard import discard_asset, discard_upload
from portal.models.orphan import count_orphans, replace_orphans
from portal.mux.facts import AssetPage, Fact, ListedAsset, ListedUpload, Report
from portal.mux.gateway import MuxError, Trouble
from portal.upkeep.orphan_removal import Removal, remove_from_mux, settle_programme
from portal.upkeep.orphans import MISSING_MAX, OtherEnvironmentError, find_orphans, monthly_cost
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.mux_double import MuxDouble
from tests.queries import queries_of
from tests.turns import at_once

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO = NOON - 30 * DAY
AT_NOBODY = "asset-of-nobody"


class Story:
    """What is at Mux and what is here, at the start of each comparison."""

    def __init__(self, cast: Cast) -> None:
        self.mux = MuxDouble()
        self.owner = db.session.merge(cast.owner)

    def programme(self, status: Status = Status.READY, *, at: datetime = LONG_AGO) -> Programme:
        """A programme, and its asset or its upload at Mux as it should be."""
        programme = make_programme(self.owner, status=status, at=at)
        attempt = self.attempt(programme)
        if attempt.asset_id:
            self.lists(attempt.asset_id, programme.product_id, attempt.mux_upload_id)
        else:
            self.lists_upload(str(attempt.mux_upload_id), programme.product_id)
        return programme

    def attempt(self, programme: Programme) -> Upload:
        return db.session.scalars(
            select(Upload).where(Upload.product_id == programme.product_id, Upload.superseded_at.is_(None))
        ).one()

    def lists(
        self,
        asset_id: str = AT_NOBODY,
        product_id: uuid.UUID | str | None = None,
        upload_id: str | None = None,
        *,
        made_at: datetime | None = LONG_AGO,
        seconds: float | None = 90,
    ) -> None:
        self.mux.listed_assets.append(
            ListedAsset(
                id=asset_id,
                status="ready",
                passthrough=str(product_id) if product_id else None,
                upload_id=upload_id,
                made_at=made_at,
                duration_seconds=seconds,
            )
        )

    def lists_upload(self, upload_id: str, product_id: uuid.UUID | str | None, status: str = "waiting") -> None:
        passthrough = str(product_id) if product_id else None
        self.mux.listed_uploads.append(ListedUpload(id=upload_id, status=status, passthrough=passthrough))

    def compares(self, at: datetime = NOON) -> list[tuple[OrphanKind, str]]:
        db.session.commit()
        run = find_orphans(self.mux, at, at_once)
        found = [(row.kind, row.mux_id) for row in self.rows()]
        assert run.done == len(found) or run.stopped_by
        return found

    def rows(self) -> list[Orphan]:
        rows = list(db.session.scalars(select(Orphan).order_by(Orphan.id)))
        db.session.commit()
        return rows

    def debts(self) -> list[tuple[DiscardKind, str, datetime | None]]:
        rows = db.session.scalars(select(Discard).order_by(Discard.id)).all()
        db.session.commit()
        return [(row.kind, row.mux_id, row.done_at) for row in rows]


@pytest.fixture
def story(in_app: Flask, cast: Cast) -> Story:
    return Story(cast)


@pytest.mark.parametrize("status", Status)
def test_what_a_programme_knows_is_no_orphan(story: Story, status: Status) -> None:
    story.programme(status)

    assert story.compares() == []


def _foreign(story: Story) -> None:
    story.lists(product_id="lesson:42")
    story.lists("asset-without", None)
    story.lists_upload("upload-1", "lesson:42")


def _other_portal(story: Story) -> None:
    story.lists(product_id=uuid.UUID(int=7))
    story.lists_upload("upload-1", uuid.UUID(int=7))


def _another_spelling(story: Story) -> None:
    programme = story.programme()
    story.lists(product_id=programme.product_id.hex)
    story.lists_upload("upload-1", f"{{{programme.product_id}}}")


def _event_on_its_way(story: Story) -> None:
    programme = story.programme(Status.AWAITING_UPLOAD)
    story.lists(product_id=programme.product_id, upload_id=story.attempt(programme).mux_upload_id)


def _answer_on_its_way(story: Story) -> None:
    programme = story.programme(Status.AWAITING_UPLOAD)
    attempt = story.attempt(programme)
    attempt.mux_upload_id, attempt.created_at = None, NOON - SECOND
    story.lists_upload("upload-1", programme.product_id)


def _superseded_and_owed(story: Story) -> None:
    programme = story.programme(Status.ERRORED)
    begin_attempt(programme, story.owner, at=NOON - DAY)


def _owed_by_its_upload(story: Story) -> None:
    programme = story.programme()
    story.lists(product_id=programme.product_id, upload_id="upload-1")
    discard_upload("upload-1", programme.product_id, "a test", LONG_AGO)


def _deleted_but_kept_for_a_week(story: Story) -> None:
    programme = story.programme()
    delete_programme(programme, story.owner, at=NOON - DAY)


def _removed_and_owed(story: Story) -> None:
    remove_programme(story.programme(), at=NOON - SECOND)


def _paid_while_the_list_was_read(story: Story) -> None:
    programme = story.programme()
    story.lists(product_id=programme.product_id)
    discard_asset(AT_NOBODY, programme.product_id, "a test", LONG_AGO)
    db.session.flush()
    db.session.scalars(select(Discard)).one().done_at = NOON + SECOND


def _uploads_that_are_over(story: Story) -> None:
    programme = story.programme()
    for status in ("asset_created", "cancelled", "timed_out", "errored"):
        story.lists_upload(f"upload-{status}", programme.product_id, status)


def _upload_owed(story: Story) -> None:
    programme = story.programme()
    story.lists_upload("upload-1", programme.product_id)
    discard_upload("upload-1", programme.product_id, "a test", NOON)


@pytest.mark.parametrize(
    "tell",
    [
        *(_foreign, _other_portal, _another_spelling, _event_on_its_way, _answer_on_its_way, _superseded_and_owed),
        *(_owed_by_its_upload, _deleted_but_kept_for_a_week, _removed_and_owed, _paid_while_the_list_was_read),
        *(_uploads_that_are_over, _upload_owed),
    ],
)
def test_what_something_explains_is_no_orphan(story: Story, tell: Callable[[Story], None]) -> None:
    tell(story)

    assert story.compares() == []


def _unknown(story: Story) -> None:
    story.lists(product_id=story.programme().product_id, upload_id="upload-nobody-knows")


def _of_a_removed_programme(story: Story) -> None:
    programme = story.programme()
    remove_programme(programme, at=LONG_AGO)
    _all_is_paid(LONG_AGO)
    story.mux.listed_assets.clear()
    story.lists(product_id=programme.product_id)


def _of_a_product_alone(story: Story) -> None:
    product = Product(owner=story.owner, created_at=LONG_AGO, gone_at=LONG_AGO)
    db.session.add(product)
    db.session.flush()
    story.lists(product_id=product.id)


def _paid_long_ago_and_still_there(story: Story) -> None:
    programme = story.programme()
    story.lists(product_id=programme.product_id)
    discard_asset(AT_NOBODY, programme.product_id, "a test", LONG_AGO)
    _all_is_paid(LONG_AGO)


def _of_a_superseded_attempt_that_nothing_is_owed_for(story: Story) -> None:
    programme = story.programme(Status.ERRORED)
    attempt = story.attempt(programme)
    attempt.asset_id, attempt.superseded_at = AT_NOBODY, LONG_AGO
    story.mux.listed_assets.clear()
    story.lists(product_id=programme.product_id)


def _in_both_pages_of_a_list_that_grows(story: Story) -> None:
    programme = story.programme()
    for _ in range(2):
        story.lists(product_id=programme.product_id)


def _all_is_paid(at: datetime) -> None:
    db.session.flush()
    for row in db.session.scalars(select(Discard)):
        row.done_at = at


@pytest.mark.parametrize(
    "tell",
    [
        *(_unknown, _of_a_removed_programme, _of_a_product_alone, _paid_long_ago_and_still_there),
        *(_of_a_superseded_attempt_that_nothing_is_owed_for, _in_both_pages_of_a_list_that_grows),
    ],
)
@pytest.mark.parametrize("page_size", [1, 100])
def test_an_asset_of_ours_that_nothing_knows_is_an_orphan(
    story: Story, tell: Callable[[Story], None], page_size: int
) -> None:
    tell(story)
    story.mux.page_size = page_size

    assert story.compares() == [(OrphanKind.ASSET, AT_NOBODY)]


@pytest.mark.parametrize("is_gone", [False, True])
def test_an_orphan_is_kept_with_all_that_is_known_of_it(story: Story, *, is_gone: bool) -> None:
    programme = story.programme()
    title, product_id = programme.title, programme.product_id
    story.lists(product_id=product_id, made_at=NOON - HOUR, seconds=None)
    if is_gone:
        remove_programme(programme, at=LONG_AGO)
    story.compares()

    (row,) = story.rows()

    assert (row.product_id, row.made_at, row.duration_seconds, row.found_at) == (product_id, NOON - HOUR, None, NOON)
    assert row.title == (None if is_gone else title)


def test_an_upload_of_ours_that_nothing_knows_is_an_orphan(story: Story) -> None:
    programme = story.programme(Status.AWAITING_UPLOAD)
    attempt = story.attempt(programme)
    attempt.mux_upload_id, attempt.created_at = None, NOON - 2 * HOUR  # the process died before Mux answered
    story.mux.page_size = 1

    assert story.compares() == [(OrphanKind.UPLOAD, story.mux.listed_uploads[0].id)]


def test_a_programme_whose_asset_is_gone_is_found_and_asked_about_by_itself(story: Story) -> None:
    fine, gone, not_in_the_list = (story.programme() for _ in range(3))
    story.mux.listed_assets = [asset for asset in story.mux.listed_assets if asset.id == fine.mux_asset_id]
    there = str(not_in_the_list.mux_asset_id)
    story.mux.assets[there] = Report(fact=Fact.ASSET_READY, asset_id=there)

    assert story.compares() == [(OrphanKind.PROGRAMME, str(gone.mux_asset_id))]


def test_a_programme_that_changes_while_it_is_asked_about_is_left_out(story: Story, in_app: Flask) -> None:
    story.programme()
    gone = story.programme()
    story.mux.listed_assets.pop()
    product_id = gone.product_id

    class Changing(MuxDouble):
        def get_asset(self, asset_id: str) -> Report:
            try:
                return super().get_asset(asset_id)
            finally:
                programme = db.session.get_one(Programme, product_id)
                programme.mux_asset_id = "asset-of-its-replacement"
                db.session.commit()

    changing = Changing()
    changing.listed_assets = story.mux.listed_assets
    story.mux = changing

    assert story.compares() == []


def test_where_mux_has_none_of_many_videos_nothing_is_compared(story: Story) -> None:
    for _ in range(10):
        story.programme()
    story.mux.listed_assets.clear()
    story.lists(product_id="of another environment")
    db.session.commit()

    with pytest.raises(OtherEnvironmentError, match="MUX_TOKEN_ID"):
        find_orphans(story.mux, NOON, at_once)

    assert story.rows() == []


def test_so_many_programmes_are_asked_about_and_no_more(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.upkeep.orphans.MISSING_MAX", 3)
    monkeypatch.setattr("portal.upkeep.orphans.BATCH", 2)
    for _ in range(5):
        story.programme()
    story.mux.listed_assets.clear()

    assert len(story.compares()) == 3
    assert MISSING_MAX == 500


@pytest.mark.parametrize("failing", ["list_assets", "list_uploads", "get_asset"])
def test_where_mux_fails_in_between_the_former_findings_stay(
    story: Story, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    story.programme()
    story.programme()
    story.lists(product_id=story.programme().product_id)
    before = story.compares()
    story.mux.listed_assets = story.mux.listed_assets[:1]

    def fail(*_: object) -> None:
        raise MuxError(Trouble.RATE_LIMITED, "Slower.", retry_after_seconds=7)

    monkeypatch.setattr(story.mux, failing, fail)
    run = find_orphans(story.mux, NOON + DAY, at_once)

    assert run.stopped_by is not None
    assert run.stopped_by.retry_after_seconds == 7
    assert [(row.kind, row.mux_id) for row in story.rows()] == before


def test_a_list_without_an_end_is_left(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story.mux, "list_assets", lambda _cursor: AssetPage(items=(), next_cursor="again"))
    db.session.commit()

    run = find_orphans(story.mux, NOON, at_once)

    assert run.stopped_by is not None
    assert run.stopped_by.trouble is Trouble.UNREADABLE


def test_a_page_number_that_mux_does_not_heed_ends_the_list(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = ListedUpload(id="upload-1", status="waiting", passthrough=str(story.programme().product_id))
    monkeypatch.setattr(story.mux, "list_uploads", lambda _page: (upload,))

    assert story.compares() == [(OrphanKind.UPLOAD, "upload-1")]


def test_each_comparison_takes_the_place_of_the_former_one_and_keeps_when_something_was_first_found(
    story: Story,
) -> None:
    programme = story.programme()
    story.lists("asset-a", programme.product_id)
    story.lists("asset-b", programme.product_id)
    story.compares()
    story.mux.listed_assets.pop()
    story.lists("asset-c", programme.product_id)

    story.compares(NOON + DAY)

    assert {row.mux_id: row.found_at for row in story.rows()} == {"asset-a": NOON, "asset-c": NOON + DAY}


@pytest.mark.parametrize("count", [1, 30])
def test_a_page_of_assets_costs_the_same_however_many_there_are(story: Story, in_app: Flask, count: int) -> None:
    for _ in range(count):
        story.programme()
        story.programme(Status.AWAITING_UPLOAD)
    db.session.commit()
    turns: list[int] = []

    with queries_of(in_app) as sent:
        find_orphans(story.mux, NOON, lambda: turns.append(len(sent)))

    assert len(turns) == 3  # one page of assets, one of uploads, and the empty one behind it
    assert len(sent) == 8, sent


@pytest.mark.parametrize(
    ("seconds", "price", "cost"),
    [
        (60.0, "0.003", "0.00"),
        (100 * 60.0, "0.003", "0.30"),
        (90.0, "1", "1.50"),
        (61.7 * 60, "0.0024", "0.15"),
        (0.0, "99", "0.00"),
        (10_000_000.0, "0.003", "500.00"),
    ],
)
def test_what_video_costs_in_a_month(seconds: float, price: str, cost: str) -> None:
    assert monthly_cost(seconds, Decimal(price)) == Decimal(cost)


@pytest.fixture
def keep(story: Story) -> Callable[..., Orphan]:
    """A finding of ours, of the kind that a test wants."""
    product_id = story.programme().product_id

    def keep_one(mux_id: str, kind: OrphanKind = OrphanKind.ASSET, **values: object) -> Orphan:
        row = Orphan(kind=kind, mux_id=mux_id, product_id=product_id, found_at=LONG_AGO, duration_seconds=60)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.add(row)
        db.session.commit()
        return row

    return keep_one


def test_what_is_removed_becomes_a_debt_and_leaves_the_list(story: Story, keep: Callable[..., Orphan]) -> None:
    rows = [keep("as-1"), keep("up-1", OrphanKind.UPLOAD)]

    assert remove_from_mux(rows, NOON) == Removal(removed=2)
    db.session.commit()

    assert story.debts() == [(DiscardKind.ASSET, "as-1", None), (DiscardKind.UPLOAD, "up-1", None)]
    assert story.rows() == []


@pytest.mark.parametrize(
    ("made_at", "found_at", "goes"),
    [
        (NOON - DAY, NOON, True),
        (NOON - DAY + SECOND, LONG_AGO, False),
        (NOON + HOUR, LONG_AGO, False),
        (None, NOON - DAY, True),
        (None, NOON - DAY + SECOND, False),
    ],
)
def test_nothing_goes_that_is_not_a_day_old_for_certain(
    story: Story, keep: Callable[..., Orphan], made_at: datetime | None, found_at: datetime, *, goes: bool
) -> None:
    row = keep("as-1", made_at=made_at, found_at=found_at)

    assert remove_from_mux([row], NOON) == (Removal(removed=1) if goes else Removal(too_young=1))
    db.session.commit()

    assert [row.mux_id for row in story.rows()] == ([] if goes else ["as-1"])
    totals = count_orphans(NOON)
    assert (totals.count, totals.removable) == ((0, 0) if goes else (1, 0))


def test_what_something_has_come_to_know_stays_at_mux(story: Story, keep: Callable[..., Orphan]) -> None:
    playing = story.programme()
    rows = [keep(str(playing.mux_asset_id)), keep("as-2"), keep("up-1", OrphanKind.UPLOAD)]
    story.attempt(story.programme(Status.AWAITING_UPLOAD)).mux_upload_id = "up-1"

    assert remove_from_mux(rows, NOON) == Removal(removed=1, known_by_now=2)
    db.session.commit()

    assert story.debts() == [(DiscardKind.ASSET, "as-2", None)]
    assert story.rows() == []


def test_a_debt_that_was_paid_in_vain_is_paid_again(story: Story, keep: Callable[..., Orphan]) -> None:
    row = keep("as-1")
    discard_asset("as-1", row.product_id, "long ago", LONG_AGO)
    _all_is_paid(LONG_AGO)

    remove_from_mux([row], NOON)
    db.session.commit()

    assert story.debts() == [(DiscardKind.ASSET, "as-1", None)]
    assert db.session.scalars(select(Discard.next_try_at)).one() == NOON


def test_programmes_are_never_removed(story: Story, keep: Callable[..., Orphan]) -> None:
    row = keep("as-1", OrphanKind.PROGRAMME)

    assert remove_from_mux([row], NOON) == Removal()
    db.session.commit()

    assert len(story.rows()) == 1


@pytest.mark.parametrize("is_there", [False, True])
def test_a_programme_without_its_video_fails_once_mux_has_said_so_again(story: Story, *, is_there: bool) -> None:
    programme = story.programme()
    product_id, asset_id = programme.product_id, str(programme.mux_asset_id)
    replace_orphans([Orphan(kind=OrphanKind.PROGRAMME, mux_id=asset_id, product_id=product_id, found_at=NOON)])
    if is_there:
        story.mux.assets[asset_id] = Report(fact=Fact.ASSET_READY, asset_id=asset_id)
    db.session.commit()
    (row,) = story.rows()

    assert settle_programme(row, story.mux, NOON) is not is_there
    db.session.commit()

    status = db.session.scalars(select(Programme.status).where(Programme.product_id == product_id)).one()
    assert status is (Status.READY if is_there else Status.ERRORED)
    assert story.rows() == []
    assert db.session.get(User, story.owner.id) is not None
