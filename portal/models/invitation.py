"""Whom administrators have invited, and what they will be here."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from portal.extensions import db
from portal.models.base import Base, RowId
from portal.models.paging import NumberedPage, as_it_is, numbered_page
from portal.models.standing import Role
from portal.models.user import EMAIL_MAX_CHARACTERS, User


class Invitation(Base):
    """An invitation that was not accepted yet; accepted or withdrawn, the row is gone, and its link void."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_MAX_CHARACTERS), unique=True)
    role: Mapped[Role]
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)  # links that name another one are void

    invited_by: Mapped[User] = relationship(lazy="raise")

    def is_over(self, at: datetime) -> bool:
        return self.expires_at <= at

    @property
    def is_vouched_for(self) -> bool:
        """Whether who invited is an administrator still: nobody comes in by the word of one who was put out."""
        return self.invited_by.is_admin and self.invited_by.is_enabled


def newest_invitations(*, limit: int, after: int | None = None) -> NumberedPage[Invitation]:
    """Those that were not accepted, newest first, with who invited. One query."""
    chosen = select(Invitation).options(joinedload(Invitation.invited_by, innerjoin=True))
    return numbered_page(chosen, Invitation.id, as_it_is, limit=limit, after=after)


def find_invitation(invitation_id: int) -> Invitation | None:
    """The invitation as it is now, with who invited. One query."""
    chosen = select(Invitation).where(Invitation.id == invitation_id)
    chosen = chosen.options(joinedload(Invitation.invited_by, innerjoin=True))
    return db.session.scalar(chosen.execution_options(populate_existing=True))
