"""Keys under which an API client may repeat a request that must have its effect once."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import Base, RowId
from portal.models.upload import Upload

KEY_MAX_CHARACTERS = 255
KEPT_FOR = timedelta(hours=24)


class IdempotencyKey(Base):
    """One key of one person: what was asked, and the attempt it made, from which the answer is told again."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(KEY_MAX_CHARACTERS))
    request_hash: Mapped[str] = mapped_column(String(64))
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id", ondelete="CASCADE"))
    locked_until: Mapped[datetime]  # while one request works on it; past that, a repeat takes the work over
    created_at: Mapped[datetime] = mapped_column(index=True)

    upload: Mapped[Upload] = relationship(lazy="joined", innerjoin=True)
