"""What the life of a programme is decided by, however it was read: as a row of its table or by column."""

import enum
import uuid
from datetime import datetime
from typing import TYPE_CHECKING


class Status(enum.StrEnum):
    """Where a programme is in its life; only portal.lifecycle moves it."""

    AWAITING_UPLOAD = "awaiting_upload"
    PROCESSING = "processing"
    READY = "ready"
    ERRORED = "errored"


class UploadStatus(enum.StrEnum):
    """Mux's own words for a direct upload, and `requested` before Mux has answered."""

    REQUESTED = "requested"
    WAITING = "waiting"
    ASSET_CREATED = "asset_created"
    ERRORED = "errored"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


class ProgrammeState:
    """A programme, as far as its life goes: what is annotated here are columns of its table."""

    product_id: uuid.UUID
    title: str
    status: Status
    is_published: bool
    publish_when_ready: bool
    published_at: datetime | None
    mux_asset_id: str | None
    mux_playback_id: str | None
    is_signed: bool
    duration_seconds: int | None
    error_type: str | None
    error_message: str | None
    updated_at: datetime
    deleted_at: datetime | None

    if TYPE_CHECKING:

        @property
        def owner_id(self) -> int: ...

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_playable(self) -> bool:
        """Whether there is a video that Mux would play."""
        return self.status is Status.READY


class AttemptState:
    """An attempt to bring a video into a programme, as far as its life goes: all annotations are columns, too."""

    id: int
    product_id: uuid.UUID
    mux_upload_id: str | None
    asset_id: str | None
    status: UploadStatus
    url_given_at: datetime | None
    url_expires_at: datetime | None
    error_type: str | None
    error_message: str | None
    updated_at: datetime
    superseded_at: datetime | None
    check_due_at: datetime | None

    @property
    def is_current(self) -> bool:
        """A programme has at most one that is: the one not superseded."""
        return self.superseded_at is None
