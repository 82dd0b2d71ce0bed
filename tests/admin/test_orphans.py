"""What is at Mux without a programme, and the other way round, as an admin sees it and removes it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Discard, Orphan, OrphanKind, PeriodicWork, Programme, Status
from portal.mux.gateway import MuxError, Trouble
from portal.nudge import WorkName
from tests.admin.conftest import MakeProgramme
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.mux_double import MuxDouble
from tests.pages import Reader, words
from tests.queries import queries_of

PLACE, REMOVAL, REMOVALS = "/admin/orphans", "/admin/orphans/removal", "/admin/orphans/removals"
DAY = timedelta(days=1)
Keep = Callable[..., int]


@pytest.fixture
def keep(app: Flask, make: MakeProgramme) -> Keep:
    """A finding of the last comparison; its number."""
    programme = make(title="Breathing")
    product_id = programme.product_id

    def keep_one(mux_id: str, kind: OrphanKind = OrphanKind.ASSET, **values: Any) -> int:
        row = Orphan(
            kind=kind, mux_id=mux_id, product_id=product_id, title="Breathing", made_at=NOON - 30 * DAY,
            duration_seconds=100 * 60, found_at=NOON,
        )  # fmt: skip
        for name, value in values.items():
            setattr(row, name, value)
        with app.app_context():
            db.session.add(row)
            db.session.commit()
            return row.id

    return keep_one


@pytest.fixture
def compared(app: Flask) -> str:
    """The mark of the last comparison, which every removal names."""
    with app.app_context():
        db.session.add(PeriodicWork(name=WorkName.FIND_ORPHANS, due_at=NOON + DAY, started_at=NOON, finished_at=NOON))
        db.session.commit()
    return NOON.isoformat()


def debts(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Discard.mux_id).order_by(Discard.mux_id)))


def left(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Orphan)) or 0


def test_before_the_first_comparison_it_says_so(admin: Reader) -> None:
    page = admin.get(PLACE)

    assert page.heading == "Orphans"
    assert "Nothing has been compared yet." in page.text
    assert not page.all(".row")


def test_findings_are_listed_with_age_minutes_and_cost(admin: Reader, keep: Keep, compared: str) -> None:
    keep("as-1")
    keep("up-1", OrphanKind.UPLOAD, made_at=None, duration_seconds=None, title=None)
    keep("as-2", OrphanKind.PROGRAMME, duration_seconds=None)

    page = admin.get(PLACE)

    rows = [words(row) for row in page.all(".row")]
    assert rows == [
        "Breathing Video as-1 30 days old, 100.0 minutes, $0.30 a month Remove",
        "A programme that is gone Unused upload up-1 Less than an hour old Younger than 24 hours, so it is left alone",
        "Breathing Misses as-2 Found 2 March 2026, 12:00 UTC Mark as failed",
    ]
    assert "Compared 2 March 2026, 12:00 UTC" in page.text
    assert "2 with 100.0 minutes of video, $0.30 a month. What is younger than 24 hours is left alone: 1." in page.text


def test_a_comparison_that_failed_is_told_with_its_reason(app: Flask, admin: Reader, compared: str) -> None:
    with app.app_context():
        work = db.session.get_one(PeriodicWork, WorkName.FIND_ORPHANS.value)
        work.error = "rate_limited: Slower."
        db.session.commit()

    text = admin.get(PLACE).text

    assert "did not end well" in text
    assert "rate_limited: Slower." in text


def test_comparing_is_the_worker_s_who_is_told_at_once(
    app: Flask, admin: Reader, compared: str, nudged: list[WorkName]
) -> None:
    admin.get(PLACE)

    answer = admin.post("/admin/orphans/comparisons")

    assert (answer.status, answer.location) == (303, PLACE)
    assert nudged == [WorkName.FIND_ORPHANS]
    with app.app_context():
        assert db.session.get_one(PeriodicWork, WorkName.FIND_ORPHANS.value).due_at == NOON
    text = admin.get(PLACE).text
    assert "It takes a moment" in text
    assert "The next comparison is under way." in text


def test_one_is_removed_after_it_was_named_and_confirmed(
    app: Flask, admin: Reader, keep: Keep, compared: str, nudged: list[WorkName]
) -> None:
    number, _other = keep("as-1"), keep("as-2")

    page = admin.get(f"{REMOVAL}?orphan={number}")
    assert "Video as-1, 100.0 minutes, $0.30 a month." in page.text
    assert debts(app) == []
    answer = admin.post(REMOVALS, compared=compared, orphan=str(number))

    assert (answer.status, answer.location) == (303, PLACE)
    assert debts(app) == ["as-1"]
    assert left(app) == 1
    assert nudged == [WorkName.PAY_DISCARDS]
    assert "1 is being removed at Mux." in admin.get(PLACE).text


def test_all_that_are_old_enough_are_removed_and_no_others(
    app: Flask, admin: Reader, keep: Keep, compared: str
) -> None:
    for number in range(3):
        keep(f"as-{number}")
    keep("as-young", made_at=NOON - DAY + timedelta(seconds=1))
    keep("as-gone", OrphanKind.PROGRAMME)

    page = admin.get(REMOVAL)
    assert "3 things with 300.0 minutes of video, $0.90 a month." in page.text
    assert "What is younger than 24 hours stays: 1." in page.text
    admin.post(REMOVALS, compared=compared)

    assert debts(app) == ["as-0", "as-1", "as-2"]
    assert left(app) == 2
    assert "3 are being removed at Mux." in admin.get(PLACE).text


def test_after_a_newer_comparison_nothing_is_removed(app: Flask, admin: Reader, keep: Keep, compared: str) -> None:
    keep("as-1")
    admin.get(REMOVAL)

    admin.post(REMOVALS, compared=(NOON - DAY).isoformat())

    assert debts(app) == []
    assert "A newer comparison has come in between" in admin.get(PLACE).text


def test_what_is_too_young_can_not_even_be_asked_for(app: Flask, admin: Reader, keep: Keep, compared: str) -> None:
    number = keep("as-1", made_at=NOON)

    for place in (REMOVAL, f"{REMOVAL}?orphan={number}"):
        assert admin.get(place).location == PLACE
    admin.get(PLACE)
    admin.post(REMOVALS, compared=compared, orphan=str(number))

    assert debts(app) == []
    assert "Nothing was removed" in admin.get(PLACE).text


@pytest.mark.parametrize("orphan", ["0", "999999", "noise", "-1", "9" * 30])
def test_what_is_not_in_the_list_is_not_found(admin: Reader, keep: Keep, compared: str, orphan: str) -> None:
    keep("as-1")

    assert admin.get(f"{REMOVAL}?orphan={orphan}").status == 404
    admin.get(PLACE)
    assert admin.post(REMOVALS, compared=compared, orphan=orphan).status == 404


def test_a_programme_is_no_thing_to_remove_and_an_asset_none_to_settle(
    admin: Reader, keep: Keep, compared: str
) -> None:
    programme, asset = keep("as-1", OrphanKind.PROGRAMME), keep("as-2")

    assert admin.get(f"{REMOVAL}?orphan={programme}").status == 404
    admin.get(PLACE)
    assert admin.post(f"{PLACE}/{asset}/settlements").status == 404
    assert admin.post(f"{PLACE}/999999/settlements").status == 404


@pytest.mark.parametrize("mux_fails", [False, True])
def test_a_programme_without_its_video_is_marked_as_failed(
    app: Flask, admin: Reader, make: MakeProgramme, keep: Keep, mux: MuxDouble, *, mux_fails: bool
) -> None:
    programme = make()
    number = keep(str(programme.mux_asset_id), OrphanKind.PROGRAMME, product_id=programme.product_id)
    mux.failure = MuxError(Trouble.FAILED, "Not now.") if mux_fails else None
    admin.get(PLACE)

    assert admin.post(f"{PLACE}/{number}/settlements").location == PLACE

    with app.app_context():
        assert db.session.get_one(Programme, programme.product_id).status is (
            Status.READY if mux_fails else Status.ERRORED
        )
    told = "Mux could not be asked: Not now." if mux_fails else "The programme is marked as failed"
    assert told in admin.get(PLACE).text
    assert left(app) == (1 if mux_fails else 0)


def test_nothing_is_removed_on_get(app: Flask, admin: Reader, keep: Keep, compared: str) -> None:
    number = keep("as-1")

    for place in (REMOVALS, "/admin/orphans/comparisons", f"{PLACE}/{number}/settlements"):
        assert admin.get(place).status == 405
    assert left(app) == 1


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_the_same_however_long_the_list_is(
    app: Flask, admin: Reader, keep: Keep, compared: str, count: int
) -> None:
    for number in range(count):
        keep(f"as-{number}")
        keep(f"as-gone-{number}", OrphanKind.PROGRAMME)

    with queries_of(app) as sent:
        admin.get(PLACE)

    assert len(sent) == 5, sent


def test_long_lists_are_paged(admin: Reader, keep: Keep, compared: str) -> None:
    for number in range(30):
        keep(f"as-{number:02}")

    first = admin.get(PLACE)
    second = admin.get(str(first.one("a[rel=next]")["href"]))

    assert (len(first.all(".row")), len(second.all(".row"))) == (24, 6)
    assert "To the beginning" in admin.get(f"{PLACE}?cursor=999999").text


@pytest.mark.parametrize("person", ["owner", "viewer"])
def test_for_everybody_else_there_is_nothing(app: Flask, cast: Cast, keep: Keep, person: str) -> None:
    number = keep("as-1")
    reader = Reader(app, cast[person])
    reader.get("/")

    for place in (PLACE, REMOVAL, f"{REMOVAL}?orphan={number}", "/admin/doctor"):
        assert reader.get(place).status == 404, place
    for action in (REMOVALS, "/admin/orphans/comparisons", f"{PLACE}/{number}/settlements"):
        assert reader.post(action).status == 404, action
    assert left(app) == 1


def test_an_upload_is_old_enough_a_day_after_it_was_found(
    app: Flask, admin: Reader, keep: Keep, compared: str, clock: StoppedClock
) -> None:
    keep("up-1", OrphanKind.UPLOAD, made_at=None, duration_seconds=None)
    clock.advance(days=1)

    (row,) = admin.get(PLACE).all(".row")

    assert "At least 1 day old Remove" in words(row)
