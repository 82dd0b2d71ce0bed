"""A key that playback tokens may be signed with. Only its public half is kept."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from local_mux.clock import now
from local_mux.ids import new_id
from local_mux.models.base import Base


class SigningKey(Base):
    __tablename__ = "signing_key"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    public_key_pem: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
