"""Telling people what they would not see by themselves: each occasion once, in the transaction that makes it true."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.models import Notice, NoticeKind, Programme

TOLD: dict[NoticeKind, str] = {  # for the programme's history
    NoticeKind.VIDEO_READY: "Its coach was told that the video is ready.",
    NoticeKind.VIDEO_FAILED: "Its coach was told that the video failed.",
    NoticeKind.VIDEO_REMOVED: "Its coach was told that the video is gone at Mux.",
    NoticeKind.REPLACEMENT_READY: "Its coach was told that the new video plays.",
    NoticeKind.REPLACEMENT_FAILED: "Its coach was told that the new video failed.",
    NoticeKind.UPLOAD_UNFINISHED: "Its coach was told that the upload was left unfinished.",
}
_notices: Any = Notice.__table__
_ADD = {
    dialect: insert(_notices).on_conflict_do_nothing(index_elements=["key"]).returning(_notices.c.key)
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


def notice_of(
    programme: Programme, kind: NoticeKind, occasion: int | str, *, at: datetime, reason: str | None
) -> dict[str, Any]:
    """What a programme's coach is told of an occasion (an attempt's number, say), for add_notices."""
    return {
        "key": f"{kind}:{occasion}",
        "user_id": programme.product.owner_id,
        "kind": kind,
        "product_id": programme.product_id,
        "title": programme.title,
        "reason": reason,
        "created_at": at,
    }


def add_notices(notices: Sequence[dict[str, Any]]) -> set[str]:
    """Keep the notices that are the first of their key; the keys of these."""
    connection = db.session.connection()
    return set(connection.scalars(_ADD[connection.dialect.name], notices))


def add_notice(**values: object) -> bool:
    """Keep a notice; whether it is the first of its key."""
    return bool(add_notices([values]))
