"""What people may watch beyond what is free: grants of single programmes, and every change with its reason.

Premium membership itself is a date on the account (portal.models.user): this keeps who set it, when and why.
"""

import enum
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.base import Base, RowId
from portal.models.paging import NumberedPage, numbered_page
from portal.models.programme import Programme
from portal.models.user import User

REASON_MAX_CHARACTERS = 500
REFERENCE_MAX_CHARACTERS = 100


class ChangeSource(enum.StrEnum):
    """Which way a change came."""

    PAGE = "page"
    LIST = "list"  # one line of many
    API = "api"


@dataclass(frozen=True, kw_only=True)
class Term:
    """Whether somebody has something, and until when: without an end where `until` is None."""

    is_held: bool
    until: datetime | None = None


NOT_HELD = Term(is_held=False)


class ProgrammeGrant(Base):
    """Leave for one person to watch one premium programme. Taking it away deletes the row; the change stays."""

    __tablename__ = "programme_grant"
    __table_args__ = (UniqueConstraint("user_id", "product_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    until: Mapped[datetime | None]  # None: without an end

    def runs(self, at: datetime) -> bool:
        return self.until is None or at < self.until

    @property
    def term(self) -> Term:
        return Term(is_held=True, until=self.until)


class MembershipChange(Base):
    """One change, kept for good: of premium membership, or with a product of the grant for that programme."""

    __tablename__ = "membership_change"
    __table_args__ = (
        UniqueConstraint("by_id", "reference"),
        Index("ix_membership_change_user_id", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    product_id: Mapped[uuid.UUID | None]  # no foreign key: changes outlive programmes
    was_held: Mapped[bool]
    was_until: Mapped[datetime | None]
    is_held: Mapped[bool]
    until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(REASON_MAX_CHARACTERS))
    source: Mapped[ChangeSource]
    reference: Mapped[str | None] = mapped_column(String(REFERENCE_MAX_CHARACTERS))  # what an API account calls it
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    at: Mapped[datetime]

    by: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[by_id])

    @property
    def before(self) -> Term:
        return Term(is_held=self.was_held, until=self.was_until)

    @property
    def after(self) -> Term:
        return Term(is_held=self.is_held, until=self.until)


@dataclass(frozen=True, kw_only=True)
class ListedGrant:
    """A grant with the title of its programme: None once that was removed."""

    grant: ProgrammeGrant
    title: str | None


@dataclass(frozen=True, kw_only=True)
class ListedChange:
    """A change with the title of the programme it is about: None for membership, and once that was removed."""

    change: MembershipChange
    title: str | None


def select_grants(user_ids: list[int]) -> Select[ProgrammeGrant]:
    """The grants of some people as they stand now: to be read once their accounts are locked."""
    chosen = select(ProgrammeGrant).where(ProgrammeGrant.user_id.in_(user_ids))
    return chosen.execution_options(populate_existing=True)


def newest_grants(user_id: int, *, limit: int) -> list[ListedGrant]:
    """Somebody's grants, those that have ended too, newest first. One query."""
    chosen = (
        select(ProgrammeGrant, Programme.title)
        .outerjoin(Programme, Programme.product_id == ProgrammeGrant.product_id)
        .where(ProgrammeGrant.user_id == user_id)
        .order_by(ProgrammeGrant.id.desc())
        .limit(limit)
    )
    return [ListedGrant(grant=grant, title=title) for grant, title in db.session.execute(chosen)]


def find_grant(user_id: int, product_id: uuid.UUID) -> ListedGrant | None:
    """The grant of a programme to a person, if there is one. One query."""
    chosen = (
        select(ProgrammeGrant, Programme.title)
        .outerjoin(Programme, Programme.product_id == ProgrammeGrant.product_id)
        .where(ProgrammeGrant.user_id == user_id, ProgrammeGrant.product_id == product_id)
    )
    found = db.session.execute(chosen).one_or_none()
    return ListedGrant(grant=found[0], title=found[1]) if found else None


def newest_changes(user_id: int, *, limit: int, after: int | None) -> NumberedPage[ListedChange]:
    """What was changed for somebody, newest first. One query."""
    chosen = (
        select(MembershipChange, Programme.title)
        .outerjoin(Programme, Programme.product_id == MembershipChange.product_id)
        .where(MembershipChange.user_id == user_id)
    )
    return numbered_page(chosen, MembershipChange.id, _listed_change, limit=limit, after=after)


def _listed_change(change: MembershipChange, title: str | None) -> ListedChange:
    return ListedChange(change=change, title=title)


def find_change(by_id: int, reference: str) -> MembershipChange | None:
    """What somebody's software has applied under this reference. One query."""
    chosen = select(MembershipChange).where(MembershipChange.by_id == by_id, MembershipChange.reference == reference)
    return db.session.scalar(chosen)
