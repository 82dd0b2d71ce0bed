"""Telling people what they would not see by themselves: each occasion once, in the transaction that makes it true."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select

from portal.database.bare_select import BareConnection, BareSelect
from portal.database.session_connection import in_session
from portal.models import Notice, NoticeKind, ProgrammeState
from portal.models.joint_write import Given, JointWrite, entry
from portal.models.list_parameter import among

TOLD: dict[NoticeKind, str] = {  # for the programme's history
    NoticeKind.VIDEO_READY: "Its coach was told that the video is ready.",
    NoticeKind.VIDEO_FAILED: "Its coach was told that the video failed.",
    NoticeKind.VIDEO_REMOVED: "Its coach was told that the video is gone at Mux.",
    NoticeKind.REPLACEMENT_READY: "Its coach was told that the new video plays.",
    NoticeKind.REPLACEMENT_FAILED: "Its coach was told that the new video failed.",
    NoticeKind.UPLOAD_UNFINISHED: "Its coach was told that the upload was left unfinished.",
}
_notices = cast("Table", Notice.__table__)
_KNOWN = BareSelect(select(_notices.c.key).where(among(_notices.c.key, "keys")))


def _tell(given: Given) -> Any:
    return given.inserted_into(_notices).on_conflict_do_nothing(index_elements=["key"])


# A notice, unless there is one of its key.
TELL = entry(_notices, ("key", "user_id", "kind", "product_id", "title", "reason", "created_at"), _tell)
_WRITE = JointWrite(told=TELL)


def notice_of(
    programme: ProgrammeState, kind: NoticeKind, occasion: int | str, *, at: datetime, reason: str | None
) -> dict[str, Any]:
    """What a programme's coach is told of an occasion (an attempt's number, say), to be told by TELL."""
    return {
        "key": f"{kind}:{occasion}",
        "user_id": programme.owner_id,
        "kind": kind,
        "product_id": programme.product_id,
        "title": programme.title,
        "reason": reason,
        "created_at": at,
    }


def first_of_their_keys(connection: BareConnection, notices: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the notices that nobody was told of before, one of each key. One query, or none where there are none.

    The caller holds the locks of the programmes that they are about, so nobody else tells of the same occasions.
    """
    if not notices:
        return []
    first = {notice["key"]: notice for notice in reversed(notices)}
    known = {key for (key,) in _KNOWN.rows(connection, keys=first)}
    return [notice for key, notice in first.items() if key not in known]


def add_notices(notices: Sequence[dict[str, Any]]) -> int:
    """Keep notices, each by all columns that TELL takes; how many were the first of their key.

    In the session's transaction.
    """
    return _WRITE.write(in_session(), {"told": notices})["told"]
