"""People: who they are, what they may be, whether they are premium members."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from flask_login import UserMixin
from sqlalchemy import Index, Select, String, func, or_, select
from sqlalchemy.orm import Mapped, MappedSQLExpression, attribute_keyed_dict, mapped_column, relationship

from portal.extensions import db
from portal.models.base import Base, RowId
from portal.models.paging import NumberedPage, as_it_is, numbered_page
from portal.models.standing import Role, Standing

if TYPE_CHECKING:
    from portal.models.membership import ProgrammeGrant


EMAIL_MAX_CHARACTERS = 254  # RFC 5321 leaves that many


class User(UserMixin, Standing, Base):
    """A person with an account. The e-mail address is kept in lower case and is unique."""

    __tablename__ = "user"
    __table_args__ = (Index("ix_user_role", "role", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_MAX_CHARACTERS), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[Role]
    member_until: Mapped[datetime | None]
    is_enabled: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    wants_mail: Mapped[bool] = mapped_column(default=True)  # notices by mail besides the bell
    created_at: Mapped[datetime]
    token_version: Mapped[int] = mapped_column(default=0)  # tokens of the API that name another number are void
    # Who this is at the identity provider: its issuer, a blank, its subject. Its role is the provider's to say then.
    external_subject: Mapped[str | None] = mapped_column(String(512), unique=True)

    # By product, ended ones too. Read where a premium programme is looked at by somebody who is no member: one query.
    grants: Mapped[dict[uuid.UUID, "ProgrammeGrant"]] = relationship(
        viewonly=True, collection_class=attribute_keyed_dict("product_id")
    )

    if TYPE_CHECKING:
        unread_notices: MappedSQLExpression[
            int
        ]  # mapped in portal.models.notice; read only from an account loaded with it

    @property
    def is_active(self) -> bool:
        """Flask-Login's question: may this account be signed in at all."""
        return self.is_enabled

    def has_grant(self, product_id: uuid.UUID, at: datetime) -> bool:
        """Whether this one programme may be watched at that time, member or not."""
        grant = self.grants.get(product_id)
        return grant is not None and grant.runs(at)


def normal_email(address: str) -> str:
    """The one spelling under which an address is kept and looked up."""
    return address.strip().lower()


def select_user_by_email(address: str) -> Select[User]:
    return select(User).where(User.email == normal_email(address))


def newest_people(
    *, role: Role | None = None, search: str = "", limit: int, after: int | None = None
) -> NumberedPage[User]:
    """Accounts, newest first; of those searched for, each word stands in the name or the address. One query."""
    chosen = select(User)
    if role is not None:
        chosen = chosen.where(User.role == role)
    for word in search.split():
        chosen = chosen.where(
            or_(User.name.icontains(word, autoescape=True), User.email.icontains(word, autoescape=True))
        )
    return numbered_page(chosen, User.id, as_it_is, limit=limit, after=after)


def count_people() -> dict[Role, int]:
    """How many accounts there are, role by role. One query."""
    counted = db.session.execute(select(User.role, func.count()).group_by(User.role))
    return dict.fromkeys(Role, 0) | dict(iter(counted))
