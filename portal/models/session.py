"""Sign-ins on pages: one row each, so that a person can see and end them."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, Select, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.base import Base, RowId
from portal.models.paging import NumberedPage, as_it_is, numbered_page

LASTS_FOR = timedelta(days=14)  # without a visit


class UserSession(Base):
    """One sign-in. The browser's cookie has the secret; here is only its SHA-256, so that a copy opens nothing."""

    __tablename__ = "user_session"
    __table_args__ = (Index("ix_user_session_user_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    device: Mapped[str] = mapped_column(String(100))  # in words: "Firefox on Windows"
    address: Mapped[str] = mapped_column(String(50))  # of the network, without its last part
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(index=True)  # to within some minutes
    ended_at: Mapped[datetime | None]

    def is_over(self, at: datetime) -> bool:
        """Whether it opens nothing any more."""
        return is_over(self.ended_at, self.last_seen_at, at)


def is_over(ended_at: datetime | None, last_seen_at: datetime, at: datetime) -> bool:
    """Whether a session was ended, or not used for too long."""
    return ended_at is not None or last_seen_at <= at - LASTS_FOR


def live_sessions(user_id: int, at: datetime, *, limit: int, after: int | None = None) -> NumberedPage[UserSession]:
    """A person's sessions that are not over, newest first. One query."""
    return numbered_page(_live(user_id, at), UserSession.id, as_it_is, limit=limit, after=after)


def count_live_sessions(user_id: int, at: datetime) -> int:
    return db.session.scalar(select(func.count()).select_from(_live(user_id, at).subquery())) or 0


def _live(user_id: int, at: datetime) -> Select[UserSession]:
    return select(UserSession).where(
        UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.last_seen_at > at - LASTS_FOR
    )
