"""Every webhook event that Mux signed, with what was decided about it."""

import enum
import uuid
from datetime import datetime

from sqlalchemy import Select, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, RowId


class Outcome(enum.StrEnum):
    """What an event came to."""

    APPLIED = "applied"
    ALREADY_KNOWN = "already_known"  # the programme had got that far before
    SUPERSEDED = "superseded"  # it belongs to an attempt that a newer one has replaced
    CONTRADICTS = "contradicts"  # it can't be true together with what is known: Mux is asked
    UNKNOWN_PROGRAMME = "unknown_programme"
    UNKNOWN_TYPE = "unknown_type"
    KEPT = "kept"  # a kind that nothing is made of yet
    FAILED = "failed"  # ours to mend: Mux tries again


class WebhookEvent(Base):
    """One event, once, however often it is delivered."""

    __tablename__ = "webhook_event"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    mux_event_id: Mapped[str] = mapped_column(String(255), unique=True)
    type: Mapped[str] = mapped_column(String(255), index=True)
    environment: Mapped[str | None] = mapped_column(String(255))
    payload: Mapped[str] = mapped_column(Text)  # as received, so that it can be replayed to the letter
    received_at: Mapped[datetime] = mapped_column(index=True)
    applied_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    reason: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    product_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # no foreign key: events outlive programmes


def select_event_for_update(mux_event_id: str) -> Select[WebhookEvent]:
    chosen = select(WebhookEvent).where(WebhookEvent.mux_event_id == mux_event_id)
    return chosen.with_for_update().execution_options(populate_existing=True)
