"""What the last comparison with Mux found that one side has and the other does not know."""

import enum
import uuid
from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, RowId


class OrphanKind(enum.StrEnum):
    ASSET = "asset"  # at Mux, with one of our product ids, and no programme knows it
    UPLOAD = "upload"  # likewise
    PROGRAMME = "programme"  # ready here, and its asset is gone at Mux


class Orphan(Base):
    """One finding. `mux_id` is the asset's or the upload's; of a programme, that of the asset it misses."""

    __tablename__ = "orphan"
    __table_args__ = (UniqueConstraint("kind", "mux_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[OrphanKind]
    mux_id: Mapped[str] = mapped_column(String(255))
    product_id: Mapped[uuid.UUID]
    title: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime | None]  # at Mux; None where it did not say
    duration_seconds: Mapped[float | None]
    found_at: Mapped[datetime]
