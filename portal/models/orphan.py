"""What the last comparison with Mux found that one side has and the other does not know."""

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, String, Text, UniqueConstraint, case, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.base import Base, RowId
from portal.models.paging import NumberedPage, as_it_is, is_row_id, numbered_page

NEVER_REMOVED_WITHIN = timedelta(hours=24)


class OrphanKind(enum.StrEnum):
    ASSET = "asset"  # at Mux, with one of our product ids, and no programme knows it
    UPLOAD = "upload"  # likewise
    PROGRAMME = "programme"  # ready here, and its asset is gone at Mux


AT_MUX = frozenset({OrphanKind.ASSET, OrphanKind.UPLOAD})


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
    found_at: Mapped[datetime]  # by the first of the comparisons that found it

    @property
    def is_at_mux(self) -> bool:
        return self.kind in AT_MUX

    def is_old_enough(self, at: datetime) -> bool:
        """Whether it may be removed: it has been there for a day for certain."""
        return (self.made_at or self.found_at) <= at - NEVER_REMOVED_WITHIN


@dataclass(frozen=True, kw_only=True)
class OrphanTotals:
    """How many findings there are at Mux and how long their videos are, of all and of those that may be removed."""

    count: int
    seconds: float
    removable: int
    removable_seconds: float


def replace_orphans(found: Sequence[Orphan]) -> None:
    """Put what a comparison found in the place of what the former one did; what was found before keeps its moment."""
    first_found = {
        (kind, mux_id): at
        for kind, mux_id, at in db.session.execute(select(Orphan.kind, Orphan.mux_id, Orphan.found_at))
    }
    db.session.execute(delete(Orphan))
    for row in found:
        row.found_at = first_found.get((row.kind, row.mux_id), row.found_at)
    db.session.add_all(found)
    db.session.flush()


def list_orphans(*, is_at_mux: bool, limit: int, after: int | None = None) -> NumberedPage[Orphan]:
    """What is at Mux without a programme, or the programmes without their video, as they were found. One query."""
    chosen = select(Orphan).where(_is_at_mux() if is_at_mux else ~_is_at_mux())
    return numbered_page(chosen, Orphan.id, as_it_is, limit=limit, after=after, is_oldest_first=True)


def count_orphans(at: datetime) -> OrphanTotals:
    """What is at Mux without a programme, in numbers. One query."""
    seconds, may_go = func.coalesce(Orphan.duration_seconds, 0.0), _is_old_enough(at)
    counted = select(
        func.count(),
        func.coalesce(func.sum(seconds), 0.0),
        func.coalesce(func.sum(case((may_go, 1), else_=0)), 0),
        func.coalesce(func.sum(case((may_go, seconds), else_=0.0)), 0.0),
    )
    count, all_seconds, removable, removable_seconds = db.session.execute(counted.where(_is_at_mux())).one()
    return OrphanTotals(count=count, seconds=all_seconds, removable=removable, removable_seconds=removable_seconds)


def find_orphan(orphan_id: int) -> Orphan | None:
    return db.session.get(Orphan, orphan_id) if is_row_id(orphan_id) else None


def select_removable(at: datetime, limit: int) -> Select[Orphan]:
    """What is at Mux without a programme and has been for a day for certain."""
    return select(Orphan).where(_is_at_mux(), _is_old_enough(at)).order_by(Orphan.id).limit(limit)


def _is_at_mux() -> ColumnElement[bool]:
    return Orphan.kind.in_(AT_MUX)


def _is_old_enough(at: datetime) -> ColumnElement[bool]:
    return func.coalesce(Orphan.made_at, Orphan.found_at) <= at - NEVER_REMOVED_WITHIN
