"""Who wants an account and has still to show that the address is theirs."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, RowId
from portal.models.user import EMAIL_MAX_CHARACTERS


class Registration(Base):
    """One try to register. Several may name the same address: the one whose link is used becomes the account."""

    __tablename__ = "registration"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_MAX_CHARACTERS), index=True)
    name: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
