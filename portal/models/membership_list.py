"""Lists of memberships that were checked and wait for somebody to apply them."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Select, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import Base, RowId
from portal.models.user import User

LISTS_KEPT_FOR = timedelta(days=1)


class MembershipList(Base):
    """One list as it was sent. It goes once it was applied, and after a day in any case."""

    __tablename__ = "membership_list"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)

    by: Mapped[User] = relationship(lazy="joined", innerjoin=True)


def select_list(list_id: int, at: datetime) -> Select[MembershipList]:
    return select(MembershipList).where(MembershipList.id == list_id, MembershipList.created_at > at - LISTS_KEPT_FOR)


def select_list_for_update(list_id: int, at: datetime) -> Select[MembershipList]:
    """The row as it stands now, locked until the transaction ends: a list is applied once."""
    chosen = select_list(list_id, at).with_for_update(of=MembershipList)
    return chosen.execution_options(populate_existing=True)
