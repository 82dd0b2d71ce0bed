"""Events, the deliveries that carry them to the portal, and each attempt at a delivery."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from local_mux.clock import now
from local_mux.models.base import Base

PENDING = "pending"
DELIVERED = "delivered"
GIVEN_UP = "given_up"
LOST = "lost"


def _new_uuid() -> str:
    return str(uuid.uuid4())


class Event(Base):
    """Something that happened to an upload or an asset, with its data as it was at that moment."""

    __tablename__ = "event"

    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True, default=_new_uuid)
    type: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str] = mapped_column(index=True)
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    deliveries: Mapped[list["Delivery"]] = relationship(
        back_populates="event", order_by="Delivery.position", lazy="selectin"
    )


class Delivery(Base):
    """One way of an event to the webhook URL, repeated until the receiver says 2xx."""

    __tablename__ = "delivery"
    __table_args__ = (Index("delivery_due", "status", "lane", "due_at"),)

    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True, default=_new_uuid)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    lane: Mapped[int]
    """Deliveries of one lane are sent one after the other, which keeps an object's events in order."""
    status: Mapped[str] = mapped_column(default=PENDING)
    due_at: Mapped[datetime] = mapped_column(default=now)
    forged: Mapped[bool] = mapped_column(default=False)
    """Not sent by "Mux" at all: wrong signature, contradicting content."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    event: Mapped[Event] = relationship(back_populates="deliveries", lazy="joined")
    attempts: Mapped[list["Attempt"]] = relationship(
        back_populates="delivery", order_by="Attempt.position", lazy="selectin"
    )


class Attempt(Base):
    """One POST to the webhook URL and what came back."""

    __tablename__ = "attempt"

    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True, default=_new_uuid)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"), index=True)
    address: Mapped[str]
    response_status_code: Mapped[int | None]
    """None when no answer came at all."""
    response_headers: Mapped[dict[str, Any]]
    response_body: Mapped[str]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    delivery: Mapped[Delivery] = relationship(back_populates="attempts")
