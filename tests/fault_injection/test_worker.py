"""The worker, stopped anywhere in its periodic work: once its lease has run out the next run finishes the job."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt, cancel_attempt
from portal.lifecycle.deletion import KEPT_AFTER_DELETION, delete_programme
from portal.models import Programme, Status, Upload, User
from portal.mux.facts import DirectUpload, Fact, Fault, Report
from portal.nudge import WorkName
from portal.tasks import WORK
from portal.upkeep.periodic import LEASE, do_work
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.fault_injection.conftest import PowerCuts
from tests.mux_double import MuxDouble
from tests.webhooks.conftest import Webhook
from tests.webhooks.mux_events import ASSET_ID, PLAYBACK_ID, UPLOAD_ID

AWAITING, PROCESSING, READY = Status.AWAITING_UPLOAD, Status.PROCESSING, Status.READY
FAULT = Fault(type="invalid_input", message="The input file was not a valid video or audio file.")


class Scene:
    """A programme, and what Mux has of it, as the worker finds them."""

    def __init__(self, app: Flask, webhook: Webhook, mux: MuxDouble, cast: Cast, clock: StoppedClock) -> None:
        self._app, self._webhook, self._mux, self._cast, self._clock = app, webhook, mux, cast, clock

    def nothing_was_heard(self, status: Status, upload: DirectUpload, asset: Report | None = None) -> None:
        """Mux knows more than its events have told, and the question about it is due."""
        self._programme(status)
        self._mux.uploads[UPLOAD_ID] = upload
        if asset is not None:
            self._mux.assets[ASSET_ID] = asset
        self._change(update(Upload).values(check_due_at=NOON))

    def an_upload_was_cancelled(self) -> None:
        self._programme(AWAITING)
        self._mux.uploads[UPLOAD_ID] = DirectUpload(id=UPLOAD_ID, status="waiting")
        self._do(lambda programme: cancel_attempt(programme, self._owner(), at=NOON))

    def an_upload_was_given_up_through_which_a_video_came(self) -> None:
        self._programme(AWAITING)
        self._mux.uploads[UPLOAD_ID] = DirectUpload(id=UPLOAD_ID, status="asset_created", asset_id=ASSET_ID)
        self._mux.assets[ASSET_ID] = Report(fact=Fact.ASSET_READY, asset_id=ASSET_ID)
        self._do(lambda programme: begin_attempt(programme, self._owner(), at=NOON))

    def a_programme_was_deleted_a_week_ago(self) -> None:
        self._programme(READY)
        self._mux.assets[ASSET_ID] = Report(fact=Fact.ASSET_READY, asset_id=ASSET_ID)
        self._do(lambda programme: delete_programme(programme, self._owner(), at=NOON))
        self._clock.at += KEPT_AFTER_DELETION

    def an_upload_was_left_unfinished(self) -> None:
        self._programme(AWAITING)
        self._clock.at += timedelta(days=1)

    def work(self, name: WorkName) -> None:
        with self._app.app_context():
            do_work(WORK[name], is_due_now=True)

    def _programme(self, status: Status) -> None:
        plays = {"mux_asset_id": ASSET_ID, "mux_playback_id": "playback-before"} if status is READY else {}
        self._webhook.programme(status, title="Breathing", **plays)

    def _owner(self) -> User:
        return db.session.merge(self._cast.owner)

    def _do(self, something: Callable[[Programme], object]) -> None:
        with self._app.app_context():
            something(db.session.scalars(select(Programme)).one())
            db.session.commit()

    def _change(self, statement: object) -> None:
        with self._app.app_context():
            db.session.execute(statement)  # type: ignore[call-overload]
            db.session.commit()


SCENES: dict[str, tuple[WorkName, Callable[[Scene], None]]] = {
    "a video is ready": (
        WorkName.ASK_MUX,
        lambda scene: scene.nothing_was_heard(
            AWAITING,
            DirectUpload(id=UPLOAD_ID, status="asset_created", asset_id=ASSET_ID),
            Report(
                fact=Fact.ASSET_READY,
                upload_id=UPLOAD_ID,
                asset_id=ASSET_ID,
                playback_id=PLAYBACK_ID,
                duration_seconds=61.7,
            ),
        ),
    ),
    "a video failed": (
        WorkName.ASK_MUX,
        lambda scene: scene.nothing_was_heard(
            PROCESSING,
            DirectUpload(id=UPLOAD_ID, status="asset_created", asset_id=ASSET_ID),
            Report(fact=Fact.ASSET_ERRORED, upload_id=UPLOAD_ID, asset_id=ASSET_ID, fault=FAULT),
        ),
    ),
    "an upload's time is over": (
        WorkName.ASK_MUX,
        lambda scene: scene.nothing_was_heard(AWAITING, DirectUpload(id=UPLOAD_ID, status="timed_out")),
    ),
    "an upload is to be closed": (WorkName.PAY_DISCARDS, Scene.an_upload_was_cancelled),
    "an upload is to be closed, and its video deleted": (
        WorkName.PAY_DISCARDS,
        Scene.an_upload_was_given_up_through_which_a_video_came,
    ),
    "a deleted programme is to go": (WorkName.REMOVE_DELETED, Scene.a_programme_was_deleted_a_week_ago),
    "a coach is to be reminded": (WorkName.REMIND, Scene.an_upload_was_left_unfinished),
}


@pytest.fixture
def scene(app: Flask, webhook: Webhook, mux: MuxDouble, cast: Cast, clock: StoppedClock) -> Scene:
    return Scene(app, webhook, mux, cast, clock)


@pytest.mark.parametrize("name", SCENES)
def test_the_next_run_finishes_the_job_wherever_the_process_was_stopped(
    name: str, cuts: PowerCuts, scene: Scene, clock: StoppedClock, mux: MuxDouble
) -> None:
    work, begin = SCENES[name]

    def run_until_all_is_done() -> None:
        """Paying for an upload may leave its video to be paid for."""
        for _run in range(2):
            clock.at += LEASE
            scene.work(work)

    begin(scene)
    points = cuts.rehearse(lambda: scene.work(work))
    run_until_all_is_done()
    undisturbed, at_mux = cuts.kept(), (dict(mux.uploads), dict(mux.assets))
    assert "commit 2" in points

    for point in points:
        cuts.forget()
        begin(scene)
        cuts.strike(point, lambda: scene.work(work))
        run_until_all_is_done()
        assert _without_tries(cuts.kept()) == _without_tries(undisturbed), f"stopped at {point}"
        assert (mux.uploads, mux.assets) == at_mux, f"stopped at {point}"


def _without_tries(kept: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    return {
        table: [{name: value for name, value in row.items() if name != "tries"} for row in rows]
        for table, rows in kept.items()
    }
