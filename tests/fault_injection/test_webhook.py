"""The webhook, stopped at each of its commit points: Mux comes again, and the event is applied once."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from portal import inbox
from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt
from portal.models import Programme, Status
from tests.clock import NOON
from tests.conftest import Cast
from tests.fault_injection.conftest import PowerCuts
from tests.webhooks.conftest import Webhook
from tests.webhooks.mux_events import ASSET_ID, asset, event, upload

AWAITING, PROCESSING, READY = Status.AWAITING_UPLOAD, Status.PROCESSING, Status.READY
ERRORS = {"type": "invalid_input", "messages": ["The input file was not a valid video or audio file."]}


@dataclass(frozen=True, kw_only=True)
class Story:
    """An event, and the programme as it is when the event comes."""

    status: Status
    event: bytes
    mux_asset_id: str | None = None
    is_superseded: bool = False


STORIES = {
    "the file has arrived": Story(
        status=AWAITING, event=event("video.upload.asset_created", upload("asset_created", asset_id=ASSET_ID))
    ),
    "the video is ready": Story(status=PROCESSING, event=event("video.asset.ready", asset("ready"))),
    "the video is ready, unheard of before": Story(status=AWAITING, event=event("video.asset.ready", asset("ready"))),
    "the video failed": Story(status=PROCESSING, event=event("video.asset.errored", asset("errored", errors=ERRORS))),
    "the upload was cancelled at Mux": Story(
        status=AWAITING, event=event("video.upload.cancelled", upload("cancelled"))
    ),
    "the video was removed at Mux": Story(status=READY, event=event("video.asset.deleted", asset("ready"))),
    "a new video is ready": Story(
        status=READY, mux_asset_id="asset-before", event=event("video.asset.ready", asset("ready"))
    ),
    "a new video failed": Story(
        status=READY,
        mux_asset_id="asset-before",
        event=event("video.asset.errored", asset("errored", errors=ERRORS)),
    ),
    "a video of an attempt that was given up": Story(
        status=AWAITING, is_superseded=True, event=event("video.asset.ready", asset("ready"))
    ),
    "an event that contradicts what is known": Story(
        status=READY, event=event("video.asset.errored", asset("errored", errors=ERRORS))
    ),
    "an event of no known type": Story(status=READY, event=event("video.asset.surprised", asset("ready"))),
}


@pytest.fixture
def begin(app: Flask, webhook: Webhook, cast: Cast) -> Callable[[Story], None]:
    def begin_story(story: Story) -> None:
        plays = {"mux_asset_id": story.mux_asset_id or ASSET_ID, "mux_playback_id": "playback-before"}
        webhook.programme(story.status, title="Breathing", **(plays if story.status is READY else {}))
        if story.is_superseded:
            with app.app_context():
                programme = db.session.scalars(select(Programme)).one()
                begin_attempt(programme, db.session.merge(cast.owner), at=NOON)
                db.session.commit()

    return begin_story


@pytest.mark.parametrize("name", STORIES)
def test_an_event_is_applied_once_wherever_the_process_was_stopped(
    name: str, cuts: PowerCuts, webhook: Webhook, begin: Callable[[Story], None]
) -> None:
    story = STORIES[name]
    begin(story)
    points = cuts.rehearse(lambda: webhook.outcome(story.event))
    undisturbed = cuts.kept()
    assert points == ["commit 1", "committed 1"]

    for point in points:
        cuts.forget()
        begin(story)
        cuts.strike(point, lambda: webhook.deliver(story.event))
        webhook.outcome(story.event)
        assert cuts.kept() == undisturbed, f"stopped at {point}"


def test_a_failure_is_kept_and_made_good_wherever_the_process_was_stopped(
    cuts: PowerCuts, webhook: Webhook, begin: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in its row is that it failed, or nothing at all; either way the next delivery is applied."""
    story = STORIES["the video is ready"]

    def fail() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(inbox, "decide", _break_down)
            assert webhook.deliver(story.event).status_code == 500

    begin(story)
    points = cuts.rehearse(fail)
    webhook.outcome(story.event)
    undisturbed = cuts.kept()
    assert points == ["commit 1", "committed 1"]

    for point in points:
        cuts.forget()
        begin(story)
        cuts.strike(point, fail)
        webhook.outcome(story.event)
        kept = cuts.kept()
        assert [row.pop("tries") for row in kept["webhook_event"]] in ([1], [2])
        assert kept == _without_tries(undisturbed), f"stopped at {point}"


def _break_down(*_: object, **__: object) -> None:
    raise RuntimeError("out of order")


def _without_tries(kept: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    events = [{name: value for name, value in row.items() if name != "tries"} for row in kept["webhook_event"]]
    return {**kept, "webhook_event": events}
