"""Notices: what a person is told in the portal's bell, and by mail if they want that."""

import enum
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, func, select, text, update
from sqlalchemy.orm import Mapped, column_property, joinedload, mapped_column, relationship

from portal.extensions import db
from portal.models.base import Base, RowId
from portal.models.paging import NumberedPage, as_it_is, is_row_id, numbered_page
from portal.models.user import User


class NoticeKind(enum.StrEnum):
    VIDEO_READY = "video_ready"
    VIDEO_FAILED = "video_failed"
    VIDEO_REMOVED = "video_removed"  # the asset that played is gone at Mux
    REPLACEMENT_READY = "replacement_ready"
    REPLACEMENT_FAILED = "replacement_failed"
    UPLOAD_UNFINISHED = "upload_unfinished"
    FAILURE_DIGEST = "failure_digest"  # for administrators: what failed since the digest before


class Notice(Base):
    """One thing that one person is told once: `key` names the occasion, and no occasion has two notices."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_inbox", "user_id", "id"),
        Index(
            "ix_notice_unread",
            "user_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(
            "ix_notice_unmailed",
            "id",
            sqlite_where=text("mailed_at IS NULL"),
            postgresql_where=text("mailed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)  # its kind, and ids of Mux's, which are up to 255 long
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    kind: Mapped[NoticeKind]
    product_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("programme.product_id", ondelete="SET NULL"), index=True
    )
    title: Mapped[str] = mapped_column(Text)  # the programme's, as it was; of a digest, how many failed
    reason: Mapped[str | None] = mapped_column(Text)  # Mux's own words; of a digest, a line for each failure
    created_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]  # when it was handed to the outbox of mails, or found not to be wanted there

    user: Mapped[User] = relationship(lazy="raise")


# Loaded with the account of whoever is signed in, so that the bell costs no query of its own.
User.unread_notices = column_property(
    select(func.count(Notice.id))
    .where(Notice.user_id == User.id, Notice.read_at.is_(None))
    .correlate_except(Notice)
    .scalar_subquery(),
    deferred=True,
)


def newest_notices(user_id: int, *, limit: int, after: int | None = None) -> NumberedPage[Notice]:
    """A person's notices, newest first. One query."""
    chosen = select(Notice).where(Notice.user_id == user_id)
    return numbered_page(chosen, Notice.id, as_it_is, limit=limit, after=after)


def select_unmailed(limit: int) -> Select[Notice]:
    """Notices that the outbox of mails has not been handed yet, oldest first."""
    return select(Notice).where(Notice.mailed_at.is_(None)).order_by(Notice.id).limit(limit)


def find_notice(user_id: int, notice_id: int) -> Notice | None:
    """A notice, if it is this person's."""
    notice = db.session.get(Notice, notice_id) if is_row_id(notice_id) else None
    return notice if notice is not None and notice.user_id == user_id else None


def notices_between(
    start: datetime, end: datetime, kinds: Collection[NoticeKind], *, limit: int
) -> tuple[Sequence[Notice], int]:
    """The first notices of some kinds made from `start` to before `end`, with readers; and how many. Two queries."""
    chosen = (Notice.kind.in_(kinds), Notice.created_at >= start, Notice.created_at < end)
    first = select(Notice).where(*chosen).order_by(Notice.id).limit(limit)
    notices = db.session.scalars(first.options(joinedload(Notice.user, innerjoin=True))).all()
    return notices, db.session.scalar(select(func.count()).select_from(Notice).where(*chosen)) or 0


def mark_read(user_id: int, at: datetime, *, notice_id: int | None = None) -> None:
    """Mark one notice of a person as read, or all of them."""
    unread = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    if notice_id is not None:
        unread = unread.where(Notice.id == notice_id)
    db.session.execute(unread.values(read_at=at))
