"""Every webhook event that Mux signed, with what was decided about it."""

import enum
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import Index, Select, String, Text, select, text
from sqlalchemy.orm import Mapped, defer, mapped_column

from portal.extensions import db
from portal.models.base import Base, RowId
from portal.models.paging import NumberedPage, is_row_id, numbered_page
from portal.models.programme import Programme, showable


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


SETTLED = frozenset({Outcome.APPLIED, Outcome.ALREADY_KNOWN, Outcome.SUPERSEDED})  # nothing to come back to
TROUBLING = frozenset({Outcome.FAILED, Outcome.CONTRADICTS})
_IS_TROUBLING = "outcome IN ('contradicts', 'failed')"  # as the index says it, or it is not used


class WebhookEvent(Base):
    """One event, once, however often it is delivered."""

    __tablename__ = "webhook_event"
    __table_args__ = (
        Index(
            "ix_webhook_event_troubling",
            "id",
            sqlite_where=text(_IS_TROUBLING),
            postgresql_where=text(_IS_TROUBLING),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    mux_event_id: Mapped[str] = mapped_column(String(255), unique=True)
    type: Mapped[str] = mapped_column(String(255))
    environment: Mapped[str | None] = mapped_column(String(255))
    payload: Mapped[str] = mapped_column(Text)  # as received, so that it can be replayed to the letter
    received_at: Mapped[datetime] = mapped_column(index=True)
    applied_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    reason: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    product_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # no foreign key: events outlive programmes

    @property
    def is_settled(self) -> bool:
        """Whether the programme has what the event says, or never will: nothing is left to be done with it."""
        return self.applied_at is not None and self.outcome in SETTLED

    @property
    def laid_out_payload(self) -> str:
        """The payload for a person: a line for each value, and nothing that a page can't show."""
        try:
            laid_out = json.dumps(json.loads(self.payload), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            laid_out = self.payload
        return showable(laid_out)


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """What to leave out; None leaves nothing out. `type` may be the beginning of one; days are whole ones in UTC."""

    type: str | None = None
    outcome: Outcome | None = None
    product_id: uuid.UUID | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, kw_only=True)
class ListedEvent:
    """An event without its payload, and the title of its programme: None where there is no such programme."""

    event: WebhookEvent
    programme_title: str | None


def find_event(event_id: int) -> ListedEvent | None:
    """One event, with its payload. One query."""
    if not is_row_id(event_id):
        return None
    found = db.session.execute(_with_title().where(WebhookEvent.id == event_id)).one_or_none()
    return ListedEvent(event=found[0], programme_title=found[1]) if found else None


def event_to_replay(event_id: int) -> WebhookEvent | None:
    """The row as it stands now. It may change until it is locked."""
    if not is_row_id(event_id):
        return None
    return db.session.get(WebhookEvent, event_id, populate_existing=True)


def lock_event(row: WebhookEvent) -> None:
    """Read the row anew, and have it hold still until the transaction ends.

    Whoever locks its programme, too, does that before: so does Mux's delivery of the same event.
    """
    db.session.refresh(row, with_for_update=True)


def failed_event_ids(limit: int) -> list[int]:
    """The events that nothing came of: those tried least first, so that repeating this gets to all of them."""
    failed = select(WebhookEvent.id).where(text(_IS_TROUBLING), WebhookEvent.outcome == Outcome.FAILED)
    return list(db.session.scalars(failed.order_by(WebhookEvent.tries, WebhookEvent.id).limit(limit)))


def newest_events(wanted: EventFilter, *, limit: int, after: int | None) -> NumberedPage[ListedEvent]:
    """Newest first. One query."""
    return numbered_page(_filtered(_listed(), wanted), WebhookEvent.id, _as_listed, limit=limit, after=after)


def troubling_events(limit: int) -> list[ListedEvent]:
    """The newest that failed or that contradict what is known. One query."""
    chosen = _listed().where(text(_IS_TROUBLING)).order_by(WebhookEvent.id.desc()).limit(limit)
    return [_as_listed(*row) for row in db.session.execute(chosen)]


def _with_title() -> Select[WebhookEvent, str | None]:
    chosen = select(WebhookEvent, Programme.title)
    return chosen.outerjoin(Programme, Programme.product_id == WebhookEvent.product_id)


def _listed() -> Select[WebhookEvent, str | None]:
    return _with_title().options(defer(WebhookEvent.payload, raiseload=True))


def _as_listed(event: WebhookEvent, programme_title: str | None) -> ListedEvent:
    return ListedEvent(event=event, programme_title=programme_title)


def _filtered(chosen: Select[WebhookEvent, str | None], wanted: EventFilter) -> Select[WebhookEvent, str | None]:
    if wanted.type is not None:
        chosen = chosen.where(WebhookEvent.type.startswith(wanted.type, autoescape=True))
    if wanted.outcome is not None:
        chosen = chosen.where(WebhookEvent.outcome == wanted.outcome)
        if wanted.outcome in TROUBLING:
            chosen = chosen.where(text(_IS_TROUBLING))
    if wanted.product_id is not None:
        chosen = chosen.where(WebhookEvent.product_id == wanted.product_id)
    if wanted.first_day is not None:
        chosen = chosen.where(WebhookEvent.received_at >= datetime.combine(wanted.first_day, time.min, UTC))
    if wanted.last_day is not None:
        chosen = chosen.where(WebhookEvent.received_at <= datetime.combine(wanted.last_day, time.max, UTC))
    return chosen
