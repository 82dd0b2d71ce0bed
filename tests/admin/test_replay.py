"""Replaying events: one by one from its page, and all that failed from the list."""

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column, Table, select
from structlog.testing import capture_logs

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt, keep_upload
from portal.models import Base, Notice, Outcome, Status, User
from portal.models.programme import select_programme_for_update
from portal.mux.facts import DirectUpload, asset_report
from portal.upkeep.reconcile import ask_about_due
from tests.admin.conftest import Event, MakeEvent
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.mux_double import MuxDouble
from tests.pages import Page, Reader, words
from tests.turns import at_once
from tests.webhooks.conftest import Webhook
from tests.webhooks.mux_events import ASSET_ID, asset, event, upload


def test_an_event_that_failed_is_applied(
    admin: Reader, webhook: Webhook, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    product_id = webhook.programme(Status.PROCESSING)
    fails(webhook, monkeypatch, event("video.asset.ready", asset("ready")))
    clock.advance(minutes=10)
    (row,) = webhook.kept()

    page = replays(admin, row.id)

    assert words(page.one("[role=status]")) == "Replayed. Applied: The programme is ready."
    assert webhook.seen(product_id).status is Status.READY
    (row,) = webhook.kept()
    assert (row.outcome, row.error, row.applied_at, row.tries) == (Outcome.APPLIED, None, clock.at, 2)


def test_an_event_that_was_applied_changes_nothing(
    app: Flask, admin: Reader, webhook: Webhook, clock: StoppedClock
) -> None:
    webhook.programme(Status.PROCESSING)
    webhook.outcome(event("video.asset.ready", asset("ready")))
    (row,) = webhook.kept()
    before = everything(app)
    clock.advance(minutes=10)

    page = replays(admin, row.id)

    assert words(page.one("[role=status]")) == "Nothing was changed: it had been dealt with before."
    assert everything(app) == before


def test_an_old_event_does_not_undo_what_mux_has_said_since(
    app: Flask, admin: Reader, webhook: Webhook, mux: MuxDouble
) -> None:
    """Mux gave the asset another playback id; the old one plays no more."""
    product_id = webhook.programme(Status.PROCESSING)
    webhook.outcome(event("video.asset.ready", asset("ready")))
    webhook.outcome(event("video.asset.updated", asset("ready", playback_id="pb-new")))
    mux.assets[ASSET_ID] = asset_report(asset("ready", playback_id="pb-new"))
    with app.app_context():
        ask_about_due(mux, NOON, at_once)

    for row in webhook.kept():
        replays(admin, row.id)

    assert webhook.seen(product_id).mux_playback_id == "pb-new"


@pytest.mark.parametrize("seed", range(5))
def test_all_events_of_a_day_in_any_order_change_nothing(
    app: Flask, admin: Reader, webhook: Webhook, clock: StoppedClock, seed: int
) -> None:
    webhook.programme()
    for body in (
        event("video.upload.created", upload("waiting")),
        event("video.upload.asset_created", upload("asset_created", asset_id=ASSET_ID)),
        event("video.asset.created", asset("preparing")),
        event("video.asset.track.ready", {"id": "ta1", "asset_id": ASSET_ID}),
        event("video.asset.ready", asset("ready")),
        event("video.asset.updated", asset("ready", playback_id="pb-new")),
        event("video.asset.ready", asset("ready", asset_id="as-foreign", upload_id="up-foreign")),
        event("video.asset.deleted", {"id": ASSET_ID}),
    ):
        webhook.outcome(body)
        clock.advance(minutes=1)
    before = everything(app, but="webhook_event")
    outcomes = {row.id: row.outcome for row in webhook.kept()}
    shuffled = random.Random(seed).sample(sorted(outcomes), len(outcomes))  # noqa: S311 - an order, no secret

    for number in shuffled:
        assert replays(admin, number).all("[role=status].flash")

    assert everything(app, but="webhook_event") == before
    assert {row.id: row.outcome for row in webhook.kept()} == outcomes


@pytest.mark.parametrize("seed", range(3))
def test_neither_do_those_of_earlier_uploads_nor_those_that_contradict(
    app: Flask, admin: Reader, cast: Cast, webhook: Webhook, seed: int
) -> None:
    product_id = webhook.programme()
    begins_anew(app, cast, product_id)
    fresh: dict[str, Any] = {"asset_id": "as-fresh", "upload_id": "up-fresh"}
    for body in (
        event("video.upload.asset_created", upload("asset_created", asset_id=ASSET_ID)),
        event("video.asset.ready", asset("ready")),
        event("video.asset.created", asset("preparing", **fresh)),
        event("video.asset.ready", asset("ready", **fresh)),
        event("video.asset.errored", asset("errored", **fresh)),
    ):
        webhook.outcome(body)
    before = everything(app, but="webhook_event")
    outcomes = {row.id: row.outcome for row in webhook.kept()}
    assert {Outcome.SUPERSEDED, Outcome.CONTRADICTS, Outcome.APPLIED} == set(outcomes.values())

    for number in random.Random(seed).sample(sorted(outcomes), len(outcomes)):  # noqa: S311 - an order, no secret
        replays(admin, number)

    assert everything(app, but="webhook_event") == before
    assert {row.id: row.outcome for row in webhook.kept()} == outcomes


def test_two_admins_who_replay_it_at_once_apply_it_once(
    app: Flask, cast: Cast, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    product_id = webhook.programme(Status.PROCESSING)
    fails(webhook, monkeypatch, event("video.asset.ready", asset("ready")))
    (row,) = webhook.kept()
    admins = [Reader(app, cast.admin) for _ in range(4)]
    for one in admins:
        one.get("/admin/webhooks")
    together = threading.Barrier(len(admins))

    def press(one: Reader) -> int:
        together.wait()
        return one.post(f"/admin/webhooks/{row.id}/replays").status

    with ThreadPoolExecutor(len(admins)) as pool:
        assert set(pool.map(press, admins)) == {303}

    (row,) = webhook.kept()
    assert (row.outcome, row.tries, webhook.count(Notice)) == (Outcome.APPLIED, 2, 1)
    assert webhook.seen(product_id).status is Status.READY


def test_what_names_a_programme_that_was_not_there_yet_is_taken_up(
    admin: Reader, webhook: Webhook, clock: StoppedClock
) -> None:
    assert webhook.outcome(event("video.asset.ready", asset("ready"))) == "unknown_programme"
    product_id = webhook.programme(Status.PROCESSING)

    replays(admin, webhook.kept()[0].id)

    assert webhook.seen(product_id).status is Status.READY
    assert webhook.kept()[0].product_id == uuid.UUID(product_id)


def test_a_failure_keeps_its_error_and_nothing_is_half_done(
    app: Flask, admin: Reader, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook.programme(Status.PROCESSING)
    fails(webhook, monkeypatch, event("video.asset.ready", asset("ready")))
    before = everything(app, but="webhook_event")

    with crashing(monkeypatch, "worse"):
        page = replays(admin, webhook.kept()[0].id)

    assert words(page.one("[role=alert]")) == "It failed again. The reason stands below."
    assert words(page.one(".event-error")) == "ZeroDivisionError: worse"
    (row,) = webhook.kept()
    assert (row.outcome, row.applied_at, row.tries) == (Outcome.FAILED, None, 2)
    assert everything(app, but="webhook_event") == before


def test_a_payload_that_can_t_be_read_any_more_is_a_failure_too(
    admin: Reader, make_event: MakeEvent, event_row: Event
) -> None:
    number = make_event(outcome=Outcome.FAILED, payload="{}")

    replays(admin, number)

    row = event_row(number)
    assert row.outcome is Outcome.FAILED
    assert row.error == "BadEventError: the event lacks its id, its type or its data"


def test_a_failure_leaves_what_was_decided_before(admin: Reader, make_event: MakeEvent, event_row: Event) -> None:
    number = make_event(outcome=Outcome.UNKNOWN_TYPE, payload="{}", reason="Nothing is made of this type.")

    replays(admin, number)

    row = event_row(number)
    assert (row.outcome, row.reason, row.tries) == (Outcome.UNKNOWN_TYPE, "Nothing is made of this type.", 2)
    assert row.error is not None


def test_each_replay_is_one_line_in_the_log(
    admin: Reader, webhook: Webhook, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    product_id = webhook.programme(Status.PROCESSING)
    fails(webhook, monkeypatch, event("video.asset.ready", asset("ready"), event_id="event-1"))
    (row,) = webhook.kept()

    with capture_logs() as logs:
        with crashing(monkeypatch, "worse"):
            replays(admin, row.id)
        for _ in range(2):
            replays(admin, row.id)

    for line in logs:
        assert line.pop("milliseconds") >= 0
    common = {"id": "event-1", "type": "video.asset.ready", "by": cast.admin.id}
    fine = {**common, "event": "webhook.replayed", "log_level": "info", "programme": product_id, "outcome": "applied"}
    assert logs == [
        {**common, "event": "webhook.replay_failed", "log_level": "error", "exc_info": True, "outcome": "failed"},
        {**fine, "reason": "The programme is ready.", "is_repeat": False},
        {**fine, "reason": "It was applied before.", "is_repeat": True},
    ]


def test_all_that_failed_are_replayed_each_in_a_transaction_of_its_own(
    admin: Reader, webhook: Webhook, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch, event_row: Event
) -> None:
    product_id = webhook.programme(Status.PROCESSING)
    broken = make_event(outcome=Outcome.FAILED, payload="{}")
    untouched = make_event(outcome=Outcome.UNKNOWN_TYPE)
    fails(webhook, monkeypatch, event("video.asset.ready", asset("ready")))
    fails(webhook, monkeypatch, event("video.asset.ready", asset("ready")))

    page = replays_all_failed(admin)

    assert words(page.one("[role=alert]")) == "2 events were applied, 1 failed again."
    assert webhook.seen(product_id).status is Status.READY
    assert (event_row(broken).tries, event_row(untouched).tries) == (2, 1)
    assert [row.outcome for row in webhook.kept()[2:]] == [Outcome.APPLIED, Outcome.ALREADY_KNOWN]


def test_where_nothing_failed_there_is_nothing_to_replay(admin: Reader, make_event: MakeEvent) -> None:
    make_event()

    assert words(replays_all_failed(admin).one("[role=status]")).startswith("There was nothing to replay")


def test_a_batch_is_bounded_and_the_next_one_goes_on_behind_it(
    admin: Reader, make_event: MakeEvent, event_row: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.admin.events.REPLAY_BATCH", 2)
    numbers = [make_event(outcome=Outcome.FAILED, payload="{}") for _ in range(3)]

    first = replays_all_failed(admin)

    assert "0 events were applied, 2 failed again. There may be more" in first.text
    assert [event_row(number).tries for number in numbers] == [2, 2, 1]
    replays_all_failed(admin)
    assert [event_row(number).tries for number in numbers] == [3, 2, 2]


def replays(admin: Reader, number: int) -> Page:
    """Press the button on the page of an event; the page that follows."""
    page = admin.get(f"/admin/webhooks/{number}")
    answer = admin.post(str(page.one("form[action$='/replays']")["action"]))
    assert (answer.status, answer.location) == (303, f"/admin/webhooks/{number}")
    return admin.get(f"/admin/webhooks/{number}")


def replays_all_failed(admin: Reader) -> Page:
    answer = admin.post(str(admin.get("/admin/webhooks").one("form[action$='/replays']")["action"]))
    assert (answer.status, answer.location) == (303, "/admin/webhooks")
    return admin.get("/admin/webhooks")


def crashing(monkeypatch: pytest.MonkeyPatch, words: str) -> Any:
    """While it is open, applying any event fails."""

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError(words)

    class Crash:
        def __enter__(self) -> None:
            monkeypatch.setattr("portal.inbox.decide", fail)

        def __exit__(self, *_: object) -> None:
            monkeypatch.undo()

    return Crash()


def fails(webhook: Webhook, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    with crashing(monkeypatch, "first"):
        assert webhook.deliver(body).status_code == 500


def begins_anew(app: Flask, cast: Cast, product_id: str) -> None:
    """The coach asks for another upload."""
    with app.app_context():
        programme = db.session.scalars(select_programme_for_update(uuid.UUID(product_id))).one()
        attempt = begin_attempt(programme, db.session.get_one(User, cast.owner.id), at=NOON)
        keep_upload(attempt, DirectUpload(id="up-fresh", status="waiting"), is_handed_out=True, at=NOON)
        db.session.commit()


def told_of(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name != "check_due_at"]


def everything(app: Flask, *, but: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for when Mux is to be asked: asking once more than needed changes nothing.

    Sessions are left out: the administrator who replays is seen to be there.
    """
    with app.app_context():
        return {
            table.name: sorted((tuple(row) for row in db.session.execute(select(*told_of(table)))), key=repr)
            for table in Base.metadata.sorted_tables
            if table.name not in {but, "user_session"}
        }
