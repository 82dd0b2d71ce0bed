"""Families of the API's tokens: all that came of one sign-in, each refresh token made from the one before."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class RefreshFamily(Base):
    """One chain of refresh tokens, of which only the newest is good; ending it voids its access tokens too."""

    __tablename__ = "refresh_family"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    current_jti: Mapped[str] = mapped_column(String(36))  # of the refresh token that is good
    created_at: Mapped[datetime]
    refreshed_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)  # when the last of its tokens does
    ended_at: Mapped[datetime | None]
