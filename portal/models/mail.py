"""The outbox: every mail that the portal sends is a row first, and goes out when the mail server takes it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.base import Base, RowId
from portal.models.paging import NumberedPage, as_it_is, is_row_id, numbered_page
from portal.models.user import EMAIL_MAX_CHARACTERS


class Mail(Base):
    """One mail to one person. `key` names its occasion: no occasion has two mails."""

    __tablename__ = "mail"
    __table_args__ = (
        Index(
            "ix_mail_unsent",
            "next_try_at",
            sqlite_where=text("sent_at IS NULL"),
            postgresql_where=text("sent_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    address: Mapped[str] = mapped_column(String(EMAIL_MAX_CHARACTERS))
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)  # plain text
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)


def select_mails_due(at: datetime, limit: int) -> Select[Mail]:
    due = select(Mail).where(Mail.sent_at.is_(None), Mail.next_try_at <= at)
    return due.order_by(Mail.next_try_at, Mail.id).limit(limit)


def newest_mails(*, limit: int, after: int | None = None) -> NumberedPage[Mail]:
    """All mails, newest first. One query."""
    return numbered_page(select(Mail), Mail.id, as_it_is, limit=limit, after=after)


def find_mail(mail_id: int) -> Mail | None:
    return db.session.get(Mail, mail_id) if is_row_id(mail_id) else None


def count_unsent_mails() -> int:
    """How many mails wait for the mail server. One query."""
    return db.session.scalar(select(func.count()).select_from(Mail).where(Mail.sent_at.is_(None))) or 0
