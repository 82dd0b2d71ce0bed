"""Assets at Mux that nobody will watch and that are therefore to be deleted there."""

import uuid
from datetime import datetime

from sqlalchemy import Select, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.base import Base, RowId


class DiscardedAsset(Base):
    """A debt: the row is written with the decision, the deletion at Mux follows and is tried until it is done."""

    __tablename__ = "discarded_asset"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    asset_id: Mapped[str] = mapped_column(String(255), unique=True)
    product_id: Mapped[uuid.UUID]
    reason: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime] = mapped_column(index=True)
    deleted_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)


def select_discards_due(at: datetime, limit: int) -> Select[DiscardedAsset]:
    due = select(DiscardedAsset).where(DiscardedAsset.deleted_at.is_(None), DiscardedAsset.next_try_at <= at)
    return due.order_by(DiscardedAsset.next_try_at).limit(limit)


def discard_asset(asset_id: str, product_id: uuid.UUID, reason: str, at: datetime) -> None:
    """Note that an asset is to be deleted at Mux; noting it twice is noting it once."""
    if db.session.scalar(select(DiscardedAsset.id).where(DiscardedAsset.asset_id == asset_id)) is None:
        db.session.add(
            DiscardedAsset(asset_id=asset_id, product_id=product_id, reason=reason, created_at=at, next_try_at=at)
        )
