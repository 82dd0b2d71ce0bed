"""Attempts to bring a video into a programme: one row per Mux direct upload."""

import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import ForeignKey, Index, Select, String, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, RowId
from portal.models.state import AttemptState, UploadStatus

TIME_TO_UPLOAD = timedelta(minutes=30)


_IS_UNFINISHED = "superseded_at IS NULL AND reminded_at IS NULL AND status IN ('requested', 'waiting')"


class Upload(AttemptState, Base):
    """One attempt. A programme has at most one that is current."""

    __tablename__ = "upload"
    __table_args__ = (
        Index(
            "uq_upload_current",
            "product_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "ix_upload_unfinished",
            "created_at",
            sqlite_where=text(_IS_UNFINISHED),
            postgresql_where=text(_IS_UNFINISHED),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.product_id", ondelete="CASCADE"), index=True)
    mux_upload_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    url: Mapped[str | None] = mapped_column(Text)  # whoever has it may upload: never shown to anyone but the coach
    url_expires_at: Mapped[datetime | None]
    url_given_at: Mapped[datetime | None]  # an address is handed out once; the next file gets a fresh one
    status: Mapped[UploadStatus] = mapped_column(default=UploadStatus.REQUESTED)
    asset_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    error_type: Mapped[str | None] = mapped_column(String(255))
    error_message: Mapped[str | None] = mapped_column(Text)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    check_due_at: Mapped[datetime | None] = mapped_column(index=True)  # when Mux is to be asked for the truth
    asked_at: Mapped[datetime | None]  # when it last was
    reminded_at: Mapped[datetime | None]  # when its coach was told that it was left unfinished

    def is_unfinished(self, begun_before: datetime) -> bool:
        """Whether the attempt was begun by then, has brought nothing, and its coach was not reminded of it."""
        waits = self.status in {UploadStatus.REQUESTED, UploadStatus.WAITING}
        return waits and self.is_current and self.reminded_at is None and self.created_at <= begun_before

    def can_be_handed_out(self, at: datetime) -> bool:
        """Whether the address is there, was given to nobody yet, and leaves time enough to send a large file."""
        if self.url is None or self.url_given_at is not None or self.status is not UploadStatus.WAITING:
            return False
        return self.url_expires_at is None or at + TIME_TO_UPLOAD < self.url_expires_at


# All of these read the row as it stands now: they run after the programme's lock was waited for.
_FRESH = {"populate_existing": True}


def select_current_upload(product_id: uuid.UUID) -> Select[Upload]:
    chosen = select(Upload).where(Upload.product_id == product_id, Upload.superseded_at.is_(None))
    return chosen.execution_options(**_FRESH)


def select_attempts(product_ids: Collection[uuid.UUID]) -> Select[Upload]:
    """All attempts of some programmes, the oldest first."""
    chosen = select(Upload).where(Upload.product_id.in_(product_ids)).order_by(Upload.id)
    return chosen.execution_options(**_FRESH)


def select_upload_by_mux_id(mux_upload_id: str) -> Select[Upload]:
    return select(Upload).where(Upload.mux_upload_id == mux_upload_id).execution_options(**_FRESH)


def select_upload_by_asset(asset_id: str) -> Select[Upload]:
    return select(Upload).where(Upload.asset_id == asset_id).execution_options(**_FRESH)


def select_products_to_check(at: datetime, limit: int) -> Select[uuid.UUID]:
    """Programmes about whose current attempt Mux is to be asked, longest due first."""
    due = select(Upload.product_id).where(Upload.check_due_at <= at, Upload.superseded_at.is_(None))
    return due.order_by(Upload.check_due_at).limit(limit)


def select_products_under_way(limit: int) -> Select[uuid.UUID]:
    """Programmes about whose current attempt Mux will be asked some time, whether it is due or not."""
    return select_products_to_check(datetime.max.replace(tzinfo=UTC), limit)


def select_unfinished_products(begun_before: datetime, limit: int) -> Select[uuid.UUID]:
    """Programmes with a current attempt that `is_unfinished`, the oldest first."""
    waiting = select(Upload.product_id).where(text(_IS_UNFINISHED), Upload.created_at <= begun_before)
    return waiting.order_by(Upload.created_at).limit(limit)
