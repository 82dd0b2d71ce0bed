"""What is offered under one id that outlives its parts: today, programmes."""

import enum
import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import Base
from portal.models.user import User


class ProductKind(enum.StrEnum):
    PROGRAMME = "programme"


class Product(Base):
    """An offer and whose it is. Its id is Mux's passthrough."""

    __tablename__ = "product"
    __table_args__ = (Index("ix_product_owner", "owner_id", "created_at", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[ProductKind] = mapped_column(default=ProductKind.PROGRAMME)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]  # its parts were removed; the id stays known as one of ours

    owner: Mapped[User] = relationship(lazy="joined", innerjoin=True)
