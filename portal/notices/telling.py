"""Telling people what they would not see by themselves: each occasion once, in the transaction that makes it true."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.models import Notice, NoticeKind, Programme
from portal.models.lists import filled

TOLD: dict[NoticeKind, str] = {  # for the programme's history
    NoticeKind.VIDEO_READY: "Its coach was told that the video is ready.",
    NoticeKind.VIDEO_FAILED: "Its coach was told that the video failed.",
    NoticeKind.VIDEO_REMOVED: "Its coach was told that the video is gone at Mux.",
    NoticeKind.REPLACEMENT_READY: "Its coach was told that the new video plays.",
    NoticeKind.REPLACEMENT_FAILED: "Its coach was told that the new video failed.",
    NoticeKind.UPLOAD_UNFINISHED: "Its coach was told that the upload was left unfinished.",
}
_notices: Any = Notice.__table__
_KNOWN = select(_notices.c.key).where(_notices.c.key.in_(bindparam("keys", expanding=True)))
_ADD = {
    dialect: insert(_notices).on_conflict_do_nothing(index_elements=["key"]).execution_options(preserve_rowcount=True)
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
    """Keep the notices that are the first of their key; the keys of these. Two queries, however many they are.

    The caller holds the locks of the programmes that they are about, so nobody else tells of the same occasions.
    """
    first = {notice["key"]: notice for notice in reversed(notices)}
    known = set(db.session.connection().scalars(_KNOWN, {"keys": filled(first)}))
    new = [notice for key, notice in first.items() if key not in known]
    if new:
        _add(new)
    return {notice["key"] for notice in new}


def add_notice(**values: object) -> bool:
    """Keep a notice; whether it is the first of its key."""
    return _add([values]) == 1


def _add(notices: Sequence[dict[str, Any]]) -> int:
    connection = db.session.connection()
    added = connection.execute(_ADD[connection.dialect.name], notices)
    return added.rowcount
