"""The administrators' digest of failures: once a day, nothing left out, nothing told twice."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Notice, NoticeKind, Role, User
from portal.notices.digest import FAILURES, make_digest
from portal.nudge import WorkName
from portal.tasks import WORK
from portal.upkeep.periodic import do_work
from tests.clock import StoppedClock
from tests.conftest import Cast
from tests.factories import make_notice, make_user
from tests.turns import at_once

TODAY = datetime(2026, 3, 2, tzinfo=UTC)


def test_every_enabled_admin_is_told_all_failures_by_name(app: Flask, desk: "Desk", cast: Cast) -> None:
    with app.app_context():
        make_user(Role.ADMIN, "Ben Admin")
        make_user(Role.ADMIN, "Dora Disabled").is_enabled = False
        db.session.commit()
    desk.fails(TODAY, title="Calm", reason="The input file was not a valid video")
    desk.fails(TODAY, NoticeKind.UPLOAD_UNFINISHED, reader=cast.other_coach, title="Storm")

    assert desk.runs(TODAY + timedelta(hours=6)) == 2

    first, second = desk.digests()
    assert first.key == f"failure_digest:2026-03-02:{cast.admin.id}"
    assert {first.user.name, second.user.name} == {"Ada Admin", "Ben Admin"}
    for digest in (first, second):
        assert (digest.title, digest.created_at) == ("2", TODAY + timedelta(hours=6))
        assert digest.reason == (
            "Calm (Olive Owner): Mux could not read this file as a video.\n"
            "Storm (Oscar Other): The upload was left unfinished."
        )


@pytest.mark.parametrize("kind", NoticeKind)
def test_failures_are_told_and_nothing_else(desk: "Desk", kind: NoticeKind) -> None:
    is_failure = kind in FAILURES
    desk.fails(TODAY, kind) if kind is not NoticeKind.FAILURE_DIGEST else None

    desk.runs(TODAY + timedelta(hours=6))

    assert len(desk.digests()) == int(is_failure)


# Hours since midnight of the first day: when things fail, when the worker looks, and what each digest counts.
@pytest.mark.parametrize(
    ("failures", "looks", "counts"),
    [
        ([], [6], []),
        ([4], [0, 5, 5.99], []),
        ([4], [6], [1]),
        ([4], [6, 7, 23.9], [1]),
        ([4], [5, 23.9], [1]),
        ([5], [6, 7], []),  # too fresh: it belongs to the next day's
        ([5], [6, 30], [1]),
        ([4, 5, 28.99, 29], [6, 30, 54], [1, 2, 1]),
        ([4, 10], [6, 7, 30, 31], [1, 1]),
        ([4, 5], [20, 30], [1, 1]),  # made late, told until the same hour
        ([4, 30], [6, 30, 54, 78], [1, 1]),
        ([-100, -30, 4], [6], [3]),  # the worker stood still for days
        ([4, 20, 40, 60], [6, 102], [1, 3]),
        ([4], [6, 30, 54], [1]),
        ([4] * 3 + [28] * 2, [6, 30], [3, 2]),
        ([-24 * 31], [6], []),  # beyond what the first digest looks back at
    ],
)
def test_what_failed_is_told_once_a_day_from_six_o_clock(
    desk: "Desk", failures: list[float], looks: list[float], counts: list[int]
) -> None:
    moments = [(hour, True) for hour in looks] + [(hour, False) for hour in failures]
    for hour, is_look in sorted(moments):
        at = TODAY + timedelta(hours=hour)
        desk.runs(at) if is_look else desk.fails(at)

    assert [int(digest.title) for digest in desk.digests()] == counts


def test_a_failure_that_is_committed_late_is_told_the_next_time(desk: "Desk") -> None:
    """Its moment lies before the digest, its commit behind it."""
    desk.fails(TODAY + timedelta(hours=4))
    desk.runs(TODAY + timedelta(hours=6))
    desk.fails(TODAY + timedelta(hours=5, minutes=30))

    desk.runs(TODAY + timedelta(hours=30))

    assert [digest.title for digest in desk.digests()] == ["1", "1"]


def test_while_there_is_no_admin_failures_are_kept_for_the_one_to_come(app: Flask, desk: "Desk", cast: Cast) -> None:
    desk.enable(cast.admin, is_enabled=False)
    desk.fails(TODAY)
    assert desk.runs(TODAY + timedelta(hours=6)) == 0
    desk.enable(cast.admin, is_enabled=True)

    assert desk.runs(TODAY + timedelta(hours=30)) == 1


def test_of_many_failures_the_first_fifty_are_named(desk: "Desk") -> None:
    for number in range(53):
        desk.fails(TODAY, title=f"Number {number}")

    desk.runs(TODAY + timedelta(hours=6))

    (digest,) = desk.digests()
    lines = (digest.reason or "").splitlines()
    assert digest.title == "53"
    assert len(lines) == 51
    assert (lines[0].split(" (")[0], lines[49].split(" (")[0], lines[50]) == ("Number 0", "Number 49", "and 3 more")


def test_the_worker_looks_every_hour(app: Flask, desk: "Desk", clock: StoppedClock) -> None:
    desk.fails(TODAY)
    clock.at = TODAY + timedelta(hours=5, minutes=30)

    with app.app_context():
        assert do_work(WORK[WorkName.DIGEST]) is not None
        clock.advance(minutes=59)
        assert do_work(WORK[WorkName.DIGEST]) is None
        clock.advance(minutes=1)
        run = do_work(WORK[WorkName.DIGEST])

    assert run is not None
    assert run.done == 1


class Desk:
    def __init__(self, app: Flask, cast: Cast) -> None:
        self._app = app
        self._cast = cast

    def fails(
        self,
        at: datetime,
        kind: NoticeKind = NoticeKind.VIDEO_FAILED,
        *,
        reader: User | None = None,
        title: str = "Calm",
        reason: str | None = None,
    ) -> None:
        with self._app.app_context():
            make_notice(reader or self._cast.owner, kind, at=at, title=title, reason=reason)
            db.session.commit()

    def enable(self, user: User, *, is_enabled: bool) -> None:
        with self._app.app_context():
            db.session.scalars(select(User).where(User.id == user.id)).one().is_enabled = is_enabled
            db.session.commit()

    def runs(self, at: datetime) -> int:
        with self._app.app_context():
            return make_digest(at, at_once).done

    def digests(self) -> list[Notice]:
        with self._app.app_context():
            chosen = select(Notice).where(Notice.kind == NoticeKind.FAILURE_DIGEST).order_by(Notice.id)
            digests = list(db.session.scalars(chosen))
            for digest in digests:
                digest.user = db.session.scalars(select(User).where(User.id == digest.user_id)).one()
            return digests


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    return Desk(app, cast)
