"""Videos that play by public ids come to signed ones, wherever the work is broken off."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.config import Settings
from portal.extensions import db
from portal.lifecycle.reports import apply_report
from portal.models import Discard, History, Outcome, Programme, Status, Upload
from portal.models.programme import count_unsigned
from portal.mux.facts import Fact, Report
from portal.mux.gateway import MUX_IS_AWAY, MuxError, Trouble
from portal.upkeep.discarding import pay_discards
from portal.upkeep.signing_assets import sign_assets
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.mux_double import MuxDouble
from tests.signing import SIGNING_KEY
from tests.turns import at_once


class KilledError(BaseException):
    """The process ends here."""


def test_a_public_video_comes_to_a_signed_id_and_the_public_one_is_deleted(desk: "Desk") -> None:
    programme = desk.public()
    public_id = programme.mux_playback_id

    assert sign_assets(desk.mux, NOON, at_once).done == 1

    row = desk.row(programme)
    assert (row.mux_playback_id, row.is_signed, row.is_published) == ("signed-1", True, True)
    assert desk.history(programme) == ["The video plays by signed addresses alone from now on."]
    assert desk.mux.deleted_playback_ids == []  # not before the switch is kept
    assert pay_discards(desk.mux, NOON, at_once).done == 1
    assert desk.mux.deleted_playback_ids == [(row.mux_asset_id, public_id)]
    assert desk.mux.deleted_assets == []


def test_only_what_plays_by_a_public_id_is_touched(desk: "Desk") -> None:
    signed, waiting, failed = desk.public(is_signed=True), desk.of(Status.PROCESSING), desk.of(Status.ERRORED)

    assert sign_assets(desk.mux, NOON, at_once).done == 0

    assert desk.mux.made_playback_ids == []
    assert [desk.row(one).updated_at for one in (signed, waiting, failed)] == [NOON] * 3


def test_all_of_many_are_reached_and_a_second_run_finds_nothing(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.upkeep.signing_assets.BATCH", 2)
    for _ in range(5):
        desk.public()

    assert [sign_assets(desk.mux, NOON, at_once).done for _ in range(2)] == [5, 0]
    assert count_unsigned() == 0
    assert len(desk.mux.made_playback_ids) == 5


@pytest.mark.parametrize("calls_before_the_end", range(7))
def test_killed_at_any_point_the_next_run_ends_the_same(desk: "Desk", calls_before_the_end: int) -> None:
    programmes = [desk.public(), desk.public()]
    former = {(row.mux_asset_id, row.mux_playback_id) for row in programmes}
    desk.mux.die_after(calls_before_the_end)
    try:
        sign_assets(desk.mux, NOON, at_once)
        pay_discards(desk.mux, NOON, at_once)
    except KilledError:
        db.session.rollback()

    desk.mux.die_after(None)
    sign_assets(desk.mux, NOON, at_once)
    pay_discards(desk.mux, NOON, at_once)

    assert all(desk.row(row).is_signed for row in programmes)
    assert len(desk.mux.made_playback_ids) == 2  # none is left over at Mux
    assert set(desk.mux.deleted_playback_ids) == former
    assert [len(desk.history(row)) for row in programmes] == [1, 1]


@pytest.mark.parametrize("trouble", sorted(MUX_IS_AWAY))
def test_where_mux_answers_nobody_the_run_ends_and_says_so(desk: "Desk", trouble: Trouble) -> None:
    desk.public()
    desk.mux.failure = MuxError(trouble, "Not now.")

    run = sign_assets(desk.mux, NOON, at_once)

    assert (run.done, run.stopped_by) == (0, desk.mux.failure)


def test_an_asset_that_mux_does_not_know_keeps_nobody_waiting(desk: "Desk") -> None:
    lost, found = desk.public(), desk.public()
    del desk.mux.assets[str(lost.mux_asset_id)]

    assert sign_assets(desk.mux, NOON, at_once).done == 1
    assert (desk.row(lost).is_signed, desk.row(found).is_signed) == (False, True)


def test_a_video_that_was_replaced_meanwhile_keeps_its_own_id(desk: "Desk") -> None:
    programme = desk.public()

    def replace_it() -> None:
        values = {"mux_asset_id": "asset-new", "mux_playback_id": "playback-new"}
        db.session.execute(update(Programme).values(values))
        db.session.commit()

    desk.mux.before_answer = replace_it
    assert sign_assets(desk.mux, NOON, at_once).done == 0

    assert desk.row(programme).mux_playback_id == "playback-new"
    pay_discards(desk.mux, NOON, at_once)
    assert desk.mux.deleted_playback_ids == [(programme.mux_asset_id, "signed-1")]


@pytest.mark.parametrize("was_asked", [False, True])
def test_a_late_word_of_the_old_id_does_not_bring_it_back(desk: "Desk", *, was_asked: bool) -> None:
    programme = desk.public()
    late = replace(desk.mux.assets[str(programme.mux_asset_id)])
    sign_assets(desk.mux, NOON, at_once)

    decision = desk.told(programme, late if not was_asked else desk.mux.assets[str(programme.mux_asset_id)])

    row = desk.row(programme)
    assert (row.mux_playback_id, row.is_signed) == ("signed-1", True)
    assert decision is (Outcome.ALREADY_KNOWN if was_asked else Outcome.CONTRADICTS)


def test_a_signed_id_that_is_heard_of_first_leaves_the_same_debt(desk: "Desk") -> None:
    """Killed between Mux's answer and our note of it, another question may be quicker than the next run."""
    programme = desk.public()
    asset_id, public_id = str(programme.mux_asset_id), programme.mux_playback_id
    desk.mux.create_playback_id(asset_id)

    desk.told(programme, desk.mux.assets[asset_id], was_asked=True)

    assert desk.row(programme).is_signed
    assert [row.mux_id for row in db.session.scalars(select(Discard))] == [f"{asset_id}/{public_id}"]


class TestTheCommand:
    """`flask portal sign-assets`."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, mux_signing_key=SIGNING_KEY)

    @pytest.fixture(autouse=True)
    def _no_pause(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("portal.upkeep.periodic.time.sleep", lambda _seconds: None)

    def test_it_says_what_it_did_and_what_is_left(self, app: Flask, desk: "Desk") -> None:
        desk.public()
        desk.public()
        desk.close()

        first, second = run(app), run(app)

        assert (first[0], second[0]) == (0, 0)
        assert "2 videos play by signed addresses now; 0 by public ones." in first[1]
        assert "0 videos play by signed addresses now; 0 by public ones." in second[1]
        assert len(desk.mux.deleted_playback_ids) == 2

    def test_it_says_that_mux_stopped_it(self, app: Flask, desk: "Desk") -> None:
        desk.public()
        desk.close()
        desk.mux.failure = MuxError(Trouble.RATE_LIMITED, "Too many requests.")

        code, output = run(app)

        assert code == 1
        assert "0 videos play by signed addresses now; 1 by public ones." in output
        assert "Mux said: Too many requests. Run this again later" in output


def test_without_a_signing_key_it_does_nothing_and_says_how_to_get_one(app: Flask, desk: "Desk") -> None:
    desk.public()
    desk.close()

    code, output = run(app)

    assert code == 1
    assert "MUX_SIGNING_KEY and MUX_PRIVATE_KEY are not set" in output
    assert desk.mux.made_playback_ids == []


def run(app: Flask) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["portal", "sign-assets"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def nothing() -> None:
    """Go on."""


class MortalMux(MuxDouble):
    """Ends the process after a number of calls, answered or not."""

    def __init__(self) -> None:
        super().__init__()
        self._left: int | None = None
        self.before_answer = nothing

    def die_after(self, calls: int | None) -> None:
        self._left = calls

    def create_playback_id(self, asset_id: str) -> str:
        made = super().create_playback_id(asset_id)
        self._use_up()  # made, and nobody heard of it
        self.before_answer()
        return made

    def delete_playback_id(self, asset_id: str, playback_id: str) -> None:
        super().delete_playback_id(asset_id, playback_id)
        self._use_up()

    def get_asset(self, asset_id: str) -> Report:
        self._use_up()
        return super().get_asset(asset_id)

    def _use_up(self) -> None:
        if self._left == 0:
            raise KilledError
        if self._left is not None:
            self._left -= 1


class Desk:
    """Programmes, and the Mux that has their videos."""

    def __init__(self, cast: Cast, mux: MortalMux) -> None:
        self._cast, self.mux = cast, mux

    def public(self, **values: Any) -> Programme:
        programme = self.of(Status.READY, **values)
        asset_id = str(programme.mux_asset_id)
        self.mux.assets[asset_id] = Report(
            fact=Fact.ASSET_READY,
            asset_id=asset_id,
            playback_id=programme.mux_playback_id,
            is_signed=programme.is_signed,
            duration_seconds=programme.duration_seconds,
        )
        return programme

    def of(self, status: Status, **values: Any) -> Programme:
        programme = make_programme(db.session.merge(self._cast.owner), status=status, **values)
        db.session.commit()
        db.session.refresh(programme)
        db.session.expunge(programme)
        db.session.commit()
        return programme

    def row(self, programme: Programme) -> Programme:
        chosen = select(Programme).where(Programme.product_id == programme.product_id)
        row = db.session.scalars(chosen.execution_options(populate_existing=True)).one()
        db.session.expunge(row)
        db.session.commit()
        return row

    def history(self, programme: Programme) -> list[str]:
        rows = db.session.scalars(select(History.why).where(History.product_id == programme.product_id)).all()
        db.session.commit()
        return list(rows)

    def told(self, programme: Programme, report: Report, *, was_asked: bool = False) -> Outcome:
        row = db.session.scalars(select(Programme).where(Programme.product_id == programme.product_id)).one()
        attempt = db.session.scalars(select(Upload).where(Upload.product_id == programme.product_id)).one()
        decision = apply_report(row, attempt, report, at=NOON, was_asked=was_asked)
        db.session.commit()
        return decision.outcome

    def close(self) -> None:
        db.session.remove()


@pytest.fixture
def mux() -> MortalMux:
    return MortalMux()


@pytest.fixture
def desk(in_app: Flask, cast: Cast, mux: MortalMux) -> Desk:
    return Desk(cast, mux)
