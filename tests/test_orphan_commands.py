"""`flask --app wsgi portal orphans`: a table, and as a second step the removal."""

from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Discard, Orphan, OrphanKind, PeriodicWork, Programme, Status
from portal.mux.facts import ListedAsset, ListedUpload
from portal.mux.gateway import MuxError, Trouble
from portal.nudge import WorkName
from portal.upkeep.orphan_words import age_words
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.factories import make_programme
from tests.mux_double import MuxDouble

DAY = timedelta(days=1)


def run(app: Flask, *words: str, answer: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["portal", "orphans", *words], input=answer)


@pytest.fixture
def left_behind(app: Flask, cast: Cast, mux: MuxDouble) -> Programme:
    """A programme whose video is gone; and at Mux an old asset, a young one, and an upload that nothing knows."""
    with app.app_context():
        programme = make_programme(cast.owner, title="Breathing")
        passthrough = str(programme.product_id)
        db.session.commit()
    for asset_id, made_at in (("as-old", NOON - 30 * DAY), ("as-young", NOON - DAY / 2)):
        mux.listed_assets.append(
            ListedAsset(id=asset_id, passthrough=passthrough, made_at=made_at, duration_seconds=100 * 60)
        )
    mux.listed_uploads.append(ListedUpload(id="up-1", status="waiting", passthrough=passthrough))
    return programme


def debts(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Discard.mux_id).order_by(Discard.mux_id)))


def test_where_both_agree_it_says_so(app: Flask) -> None:
    result = run(app)

    assert result.exit_code == 0
    assert "Mux and the portal agree" in result.output


def test_it_compares_and_prints_a_table_and_removes_nothing(app: Flask, left_behind: Programme) -> None:
    lines = run(app).output.splitlines()

    assert [line.split("  ")[0] for line in lines[1:5]] == [
        "Video",
        "Video",
        "Unused upload",
        "Programme without its video",
    ]
    assert lines[1].split() == ["Video", "30", "days", "100.0", "$0.30", "as-old", "Breathing"]
    assert lines[3].split() == [*["Unused", "upload", "less", "than", "an", "hour", "up-1", "Breathing"]]
    assert lines[5] == "At Mux without a programme: 3 with 200.0 minutes of video, $0.60 a month."
    assert "orphans --remove" in lines[6]
    assert debts(app) == []


@pytest.mark.parametrize(("answer", "removes"), [("y\n", True), ("n\n", False), ("", False)])
def test_removing_asks_first(app: Flask, left_behind: Programme, answer: str, *, removes: bool) -> None:
    run(app)

    result = run(app, "--remove", answer=answer)

    assert "2 are left alone, as made less than 24 hours ago." in result.output
    assert "To be removed at Mux: 1 with 100.0 minutes of video, $0.30 a month." in result.output
    assert "To be marked as failed, as their video is gone: 1" in result.output
    assert result.exit_code == (0 if removes else 1)
    assert debts(app) == (["as-old"] if removes else [])


def test_removing_pays_by_the_worker_and_lets_programmes_without_a_video_fail(
    app: Flask, left_behind: Programme, nudged: list[WorkName]
) -> None:
    run(app)

    result = run(app, "--remove", "--yes")

    assert result.exit_code == 0
    assert "1 will be removed by the worker; 0 belong to something by now." in result.output
    assert "Breathing: marked as failed." in result.output
    assert nudged == [WorkName.PAY_DISCARDS]
    with app.app_context():
        assert db.session.get_one(Programme, left_behind.product_id).status is Status.ERRORED
        assert set(db.session.scalars(select(Orphan.mux_id))) == {"as-young", "up-1"}


def test_removing_compares_nothing(app: Flask, left_behind: Programme) -> None:
    result = run(app, "--remove", "--yes")

    assert result.exit_code == 0
    assert "There is nothing to remove. To compare anew" in result.output
    assert debts(app) == []


def test_a_failure_of_mux_s_is_told_and_the_former_findings_stay(
    app: Flask, left_behind: Programme, mux: MuxDouble
) -> None:
    run(app)
    mux.failure = MuxError(Trouble.RATE_LIMITED, "Slower.")

    result = run(app)

    assert result.exit_code == 1
    assert "what was found before stays. rate_limited: Slower." in result.output
    with app.app_context():
        assert len(db.session.scalars(select(Orphan.id)).all()) == 4


def test_while_a_programme_can_not_be_asked_about_the_rest_is_removed(
    app: Flask, left_behind: Programme, mux: MuxDouble
) -> None:
    run(app)
    mux.failure = MuxError(Trouble.OUT_OF_REACH, "Mux did not answer")

    result = run(app, "--remove", "--yes")

    assert result.exit_code == 1
    assert "Mux could not be asked about Breathing: Mux did not answer" in result.output
    assert debts(app) == ["as-old"]


def test_while_a_worker_compares_there_is_no_second_comparison(app: Flask, clock: StoppedClock) -> None:
    with app.app_context():
        db.session.add(
            PeriodicWork(name=WorkName.FIND_ORPHANS, due_at=NOON, started_at=NOON, held_until=NOON + DAY / 24)
        )
        db.session.commit()

    result = run(app)

    assert result.exit_code == 1
    assert "A worker is comparing at this moment" in result.output


@pytest.mark.parametrize(
    ("made", "found", "words"),
    [
        (30 * DAY, DAY, "30 days"),
        (DAY, DAY, "1 day"),
        (DAY / 24, DAY, "1 hour"),
        (DAY / 2, DAY, "12 hours"),
        (DAY / 48, DAY, "less than an hour"),
        (-DAY, DAY, "less than an hour"),
        (None, 2 * DAY, "at least 2 days"),
        (None, DAY / 48, "less than an hour"),
    ],
)
def test_how_old_a_thing_is(made: timedelta | None, found: timedelta, words: str) -> None:
    row = Orphan(kind=OrphanKind.ASSET, made_at=None if made is None else NOON - made, found_at=NOON - found)

    assert age_words(row, NOON) == words
