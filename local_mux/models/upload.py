"""A direct upload: a place to put one file, and what is to become of it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from local_mux.clock import now
from local_mux.ids import new_id
from local_mux.models.base import Base

WAITING = "waiting"
ASSET_CREATED = "asset_created"
CANCELLED = "cancelled"
TIMED_OUT = "timed_out"


class Upload(Base):
    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token: Mapped[str] = mapped_column(unique=True, default=new_id)
    status: Mapped[str] = mapped_column(default=WAITING)
    timeout: Mapped[int]
    cors_origin: Mapped[str | None]
    new_asset_settings: Mapped[dict[str, Any]]
    test: Mapped[bool] = mapped_column(default=False)
    asset_id: Mapped[str | None] = mapped_column(ForeignKey("asset.id", ondelete="SET NULL"), index=True)
    total_bytes: Mapped[int | None]
    """Size of the whole file, once a chunk or a complete body has told it."""
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)

    @property
    def times_out_at(self) -> datetime:
        return self.created_at + timedelta(seconds=self.timeout)
