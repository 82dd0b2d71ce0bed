"""When each piece of the worker's periodic work last ran, is next due, and who holds it now."""

from datetime import datetime

from sqlalchemy import String, Text, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.base import Base


class PeriodicWork(Base):
    """One piece of work by its name: a lease that keeps ten workers from doing it at once, and its last report."""

    __tablename__ = "periodic_work"

    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    due_at: Mapped[datetime]
    held_until: Mapped[datetime | None]  # a worker that died lets go by itself
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)  # what the last run stumbled over

    def is_under_way(self, at: datetime) -> bool:
        """Whether a worker is at it, or will be within the minute."""
        return self.due_at <= at or (self.held_until is not None and at < self.held_until)


def make_due(name: str, at: datetime) -> None:
    """Have a piece of work done by the next worker that looks; one that has never been done is due anyway."""
    db.session.execute(update(PeriodicWork).where(PeriodicWork.name == name).values(due_at=at))
