"""What happened to a programme, row by row: every change of state, who or what made it, and why."""

import enum
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import Base, RowId
from portal.models.paging import NumberedPage, numbered_page
from portal.models.state import Status
from portal.models.user import User
from portal.models.webhook_event import WebhookEvent


class Happening(enum.StrEnum):
    """What kind of thing happened."""

    STATE = "state"  # the status changed
    ATTEMPT = "attempt"  # something was done about an upload
    EVENT = "event"  # Mux said something that changed nothing
    EDIT = "edit"  # words or settings were changed by a person
    NOTICE = "notice"  # its coach was told


class History(Base):
    """One happening. `from_status` equals `to_status` where the state stayed and something else was done."""

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_programme", "product_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.product_id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[Happening] = mapped_column(default=Happening.STATE)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))  # None: Mux or the portal
    from_status: Mapped[Status | None]
    to_status: Mapped[Status]
    why: Mapped[str] = mapped_column(Text)
    mux_event_id: Mapped[str | None] = mapped_column(String(255))

    actor: Mapped[User | None] = relationship(lazy="joined")


@dataclass(frozen=True, kw_only=True)
class ListedHappening:
    """A happening, and the kept webhook event that brought it about: None for others, and once that was removed."""

    happening: History
    event_id: int | None


def newest_happenings(product_id: uuid.UUID, *, limit: int, after: int | None) -> NumberedPage[ListedHappening]:
    """What happened to a programme, newest first. One query."""
    chosen = (
        select(History, WebhookEvent.id)
        .outerjoin(WebhookEvent, WebhookEvent.mux_event_id == History.mux_event_id)
        .where(History.product_id == product_id)
    )
    return numbered_page(chosen, History.id, _listed_happening, limit=limit, after=after)


def _listed_happening(happening: History, event_id: int | None) -> ListedHappening:
    return ListedHappening(happening=happening, event_id=event_id)
