"""Rows as tests need them, with only what matters said."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from portal.extensions import db
from portal.models import Notice, NoticeKind, Product, Programme, Role, Status, Upload, UploadStatus, User
from portal.people.accounts import create_user
from tests.clock import NOON

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


def make_user(role: Role, name: str, *, member_until: datetime | None = None) -> User:
    address = f"{name.lower().replace(' ', '-')}@example.com"
    user = create_user(email=address, name=name, password=PASSWORD, role=role, at=NOON)
    user.member_until = member_until
    return user


def make_programme(owner: User, *, status: Status = Status.READY, at: datetime = NOON, **values: Any) -> Programme:
    """A programme in any state, with the attempt that brought it there; a ready one is published unless told."""
    number = next(_numbers)
    product = Product(owner_id=owner.id, created_at=at)
    programme = Programme(product=product, title=f"Programme {number}", status=status, created_at=at, updated_at=at)
    attempt_values: dict[str, Any] = {"status": UploadStatus.WAITING, "url": f"https://mux.test/made-{number}"}
    if status is not Status.AWAITING_UPLOAD:
        attempt_values = {"status": UploadStatus.ASSET_CREATED, "asset_id": f"asset-made-{number}"}
    if status is Status.READY:
        programme.mux_asset_id = attempt_values["asset_id"]
        programme.mux_playback_id = f"playback-made-{number}"
        programme.duration_seconds = 754
        programme.is_published, programme.published_at = True, at + timedelta(seconds=number)
    if status is Status.ERRORED:
        programme.error_type = "invalid_input"
        programme.error_message = "The input file was not a valid video or audio file."
    for name, value in values.items():
        setattr(programme, name, value)
    db.session.add(programme)
    db.session.flush()
    db.session.add(
        Upload(
            product_id=programme.product_id,
            mux_upload_id=f"upload-made-{number}",
            created_by_id=owner.id,
            created_at=at,
            updated_at=at,
            **attempt_values,
        )
    )
    db.session.flush()
    return programme


def make_notice(
    reader: User, kind: NoticeKind = NoticeKind.VIDEO_READY, *, at: datetime = NOON, **values: Any
) -> Notice:
    """A notice for somebody, unread and not mailed unless told."""
    number = next(_numbers)
    notice = Notice(key=f"{kind}:made-{number}", user_id=reader.id, kind=kind, title=f"Title {number}", created_at=at)
    for name, value in values.items():
        setattr(notice, name, value)
    db.session.add(notice)
    db.session.flush()
    return notice
