"""Telling people what they would not see by themselves: each occasion once, in the transaction that makes it true."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.models import Happening, History, Notice, NoticeKind, Programme

TOLD: dict[NoticeKind, str] = {  # for the programme's history
    NoticeKind.VIDEO_READY: "Its coach was told that the video is ready.",
    NoticeKind.VIDEO_FAILED: "Its coach was told that the video failed.",
    NoticeKind.VIDEO_REMOVED: "Its coach was told that the video is gone at Mux.",
    NoticeKind.REPLACEMENT_READY: "Its coach was told that the new video plays.",
    NoticeKind.REPLACEMENT_FAILED: "Its coach was told that the new video failed.",
    NoticeKind.UPLOAD_UNFINISHED: "Its coach was told that the upload was left unfinished.",
}


def tell_coach(
    programme: Programme, kind: NoticeKind, occasion: int | str, *, at: datetime, reason: str | None = None
) -> None:
    """Tell a programme's coach, unless they were told of this occasion (an attempt's number, say) before.

    A deleted programme is nobody's concern. The caller holds the programme's lock.
    """
    if programme.is_deleted:
        return
    is_new = add_notice(
        key=f"{kind}:{occasion}",
        user_id=programme.product.owner_id,
        kind=kind,
        product_id=programme.product_id,
        title=programme.title,
        reason=reason,
        created_at=at,
    )
    if is_new:
        db.session.add(
            History(
                product_id=programme.product_id,
                at=at,
                kind=Happening.NOTICE,
                from_status=programme.status,
                to_status=programme.status,
                why=TOLD[kind],
            )
        )


def add_notice(**values: object) -> bool:
    """Keep a notice; whether it is the first of its key."""
    dialect = db.session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    added = insert(Notice).values(**values).on_conflict_do_nothing(index_elements=["key"]).returning(Notice.id)
    return db.session.scalar(added) is not None
