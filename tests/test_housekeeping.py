"""What time brings about by itself."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.lifecycle.deletion import delete_programme, restore_programme
from portal.models import (
    Base,
    Discard,
    IdempotencyKey,
    Mail,
    Notice,
    NoticeKind,
    Product,
    Programme,
    RefreshFamily,
    Status,
    Upload,
    UploadStatus,
    UserSession,
    WebhookEvent,
)
from portal.upkeep import housekeeping
from portal.upkeep.housekeeping import forget_the_old, remove_deleted_programmes, tell_of_unfinished_uploads
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.turns import at_once

AWAITING, PROCESSING, READY, ERRORED = Status
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "upload", "is_told"),
    [
        (AWAITING, {"created_at": NOON - DAY}, True),
        (AWAITING, {"created_at": NOON - DAY, "status": UploadStatus.REQUESTED, "mux_upload_id": None}, True),
        (AWAITING, {"created_at": NOON - DAY + SECOND}, False),
        (AWAITING, {"created_at": NOON - DAY, "superseded_at": NOON - HOUR}, False),
        (PROCESSING, {"created_at": NOON - 2 * DAY}, False),
        (READY, {"created_at": NOON - 2 * DAY}, False),
        (ERRORED, {"created_at": NOON - 2 * DAY}, False),
    ],
)
def test_a_coach_is_told_of_an_upload_that_was_left_unfinished_for_a_day(
    in_app: Flask, cast: Cast, status: Status, upload: dict[str, Any], *, is_told: bool
) -> None:
    programme = make_programme(db.session.merge(cast.owner), status=status)
    attempt = db.session.scalars(select(Upload)).one()
    for name, value in upload.items():
        setattr(attempt, name, value)
    db.session.commit()

    told = [tell_of_unfinished_uploads(NOON, at_once).done for _ in range(2)]

    assert told == [int(is_told), 0]
    notices = db.session.execute(select(Notice.kind, Notice.product_id, Notice.user_id)).all()
    expected = [(NoticeKind.UPLOAD_UNFINISHED, programme.product_id, cast.owner.id)]
    assert [tuple(row) for row in notices] == (expected if is_told else [])


def test_a_replacement_that_was_never_sent_is_told_of_too(in_app: Flask, cast: Cast) -> None:
    programme = make_programme(db.session.merge(cast.owner), status=READY)
    db.session.scalars(select(Upload)).one().superseded_at = NOON - 2 * DAY
    db.session.flush()
    fresh = Upload(product_id=programme.product_id, created_at=NOON - DAY, updated_at=NOON)
    db.session.add(fresh)
    db.session.commit()

    assert tell_of_unfinished_uploads(NOON, at_once).done == 1


def test_a_deleted_programme_is_removed_after_a_week(in_app: Flask, cast: Cast) -> None:
    owner = db.session.merge(cast.owner)
    gone, kept, present = (make_programme(owner, title=title) for title in ("Gone", "Kept", "Present"))
    delete_programme(gone, owner, at=NOON - 7 * DAY)
    delete_programme(kept, owner, at=NOON - 7 * DAY + SECOND)
    asset_id = gone.mux_asset_id
    db.session.commit()

    assert remove_deleted_programmes(NOON, at_once).done == 1
    assert remove_deleted_programmes(NOON, at_once).done == 0

    assert set(db.session.scalars(select(Programme.title))) == {"Kept", "Present"}
    assert list(db.session.scalars(select(Discard.mux_id))) == [asset_id]
    gone_at = dict(iter(db.session.execute(select(Product.id, Product.gone_at))))
    assert gone_at == {gone.product_id: NOON, kept.product_id: None, present.product_id: None}


def test_one_that_was_brought_back_and_deleted_anew_meanwhile_has_its_week(in_app: Flask, cast: Cast) -> None:
    owner = db.session.merge(cast.owner)
    programme = make_programme(owner)
    delete_programme(programme, owner, at=NOON - 7 * DAY)
    db.session.commit()

    def bring_back_and_delete() -> None:
        restore_programme(programme, owner, at=NOON)
        delete_programme(programme, owner, at=NOON)
        db.session.commit()

    assert remove_deleted_programmes(NOON, bring_back_and_delete).done == 0


@pytest.mark.parametrize(
    ("table", "make", "age"),
    [
        (WebhookEvent, lambda at: event(received_at=at), 90 * DAY),
        (Mail, lambda at: mail(sent_at=at), 30 * DAY),
        (Notice, lambda at: notice(read_at=at), 365 * DAY),
        (UserSession, lambda at: session(last_seen_at=at), 14 * DAY - SECOND),
        (RefreshFamily, lambda at: family(expires_at=at), -SECOND),
    ],
    ids=["webhook events", "sent mails", "read notices", "sessions", "families of tokens"],
)
def test_what_has_served_is_forgotten(
    in_app: Flask,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    *,
    table: type[Base],
    make: Callable[[datetime], Callable[[Cast], Base]],
    age: timedelta,
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)  # so that there are several
    ages = [*(age + SECOND * number for number in range(1, 6)), age, age - SECOND]
    db.session.add_all([make(NOON - each)(cast) for each in ages])
    db.session.commit()

    assert forget_the_old(NOON, at_once).done == 5

    assert db.session.scalar(select(func.count()).select_from(table)) == 2


def test_what_has_not_served_yet_is_kept_however_old(in_app: Flask, cast: Cast) -> None:
    db.session.add_all([mail(sent_at=None)(cast), notice(read_at=None)(cast)])
    db.session.commit()

    assert forget_the_old(NOON + 1000 * DAY, at_once).done == 0


def test_how_long_events_are_kept_is_the_operator_s_choice(start: Callable[..., Flask], cast: Cast) -> None:
    with start(webhook_events_kept_days=3).app_context():
        db.session.add_all([event(received_at=NOON - 4 * DAY)(cast), event(received_at=NOON - 2 * DAY)(cast)])
        db.session.commit()

        assert forget_the_old(NOON, at_once).done == 1


def test_a_key_of_the_api_is_forgotten_after_its_day_and_its_programme_stays(in_app: Flask, cast: Cast) -> None:
    make_programme(db.session.merge(cast.owner), status=AWAITING)
    upload = db.session.scalars(select(Upload)).one()
    for name, at in (("old", NOON - DAY - SECOND), ("young", NOON - DAY)):
        values = {"user_id": cast.owner.id, "request_hash": "h", "upload_id": upload.id, "locked_until": at}
        db.session.add(IdempotencyKey(key=name, created_at=at, **values))
    db.session.commit()

    assert forget_the_old(NOON, at_once).done == 1

    assert list(db.session.scalars(select(IdempotencyKey.key))) == ["young"]
    assert db.session.scalar(select(func.count()).select_from(Programme)) == 1


def event(*, received_at: datetime) -> Callable[[Cast], WebhookEvent]:
    return lambda _cast: WebhookEvent(
        mux_event_id=str(uuid.uuid4()), type="video.asset.ready", payload="{}", received_at=received_at
    )


def mail(*, sent_at: datetime | None) -> Callable[[Cast], Mail]:
    return lambda cast: Mail(
        key=str(uuid.uuid4()),
        user_id=cast.owner.id,
        address=cast.owner.email,
        subject="S",
        body="B",
        created_at=NOON,
        next_try_at=NOON,
        sent_at=sent_at,
    )


def notice(*, read_at: datetime | None) -> Callable[[Cast], Notice]:
    return lambda cast: Notice(
        key=str(uuid.uuid4()),
        user_id=cast.owner.id,
        kind=NoticeKind.VIDEO_READY,
        title="T",
        created_at=NOON,
        read_at=read_at,
    )


def session(*, last_seen_at: datetime) -> Callable[[Cast], UserSession]:
    return lambda cast: UserSession(
        token_hash=uuid.uuid4().hex,
        user_id=cast.owner.id,
        device="Firefox",
        address="",
        created_at=NOON - 20 * DAY,
        last_seen_at=last_seen_at,
        ended_at=NOON - 5 * DAY,
    )


def family(*, expires_at: datetime) -> Callable[[Cast], RefreshFamily]:
    return lambda cast: RefreshFamily(
        user_id=cast.owner.id,
        current_jti=str(uuid.uuid4()),
        created_at=NOON - 40 * DAY,
        refreshed_at=NOON - 40 * DAY,
        expires_at=expires_at,
    )
