"""An asset: one video or audio file, from the moment it is known to its deletion."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from local_mux.clock import now
from local_mux.ids import new_id
from local_mux.models.base import Base

PREPARING = "preparing"
READY = "ready"
ERRORED = "errored"


class Asset(Base):
    __tablename__ = "asset"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    status: Mapped[str] = mapped_column(default=PREPARING, index=True)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    ready_at: Mapped[datetime | None]
    upload_id: Mapped[str | None] = mapped_column(index=True)
    ingest_type: Mapped[str]
    settings: Mapped[dict[str, Any]]
    """What was asked for when the asset was created, defaults filled in."""
    passthrough: Mapped[str | None]
    meta: Mapped[dict[str, Any] | None]
    master_access: Mapped[str] = mapped_column(default="none")
    master_status: Mapped[str | None]
    mp4_support: Mapped[str] = mapped_column(default="none")
    test: Mapped[bool] = mapped_column(default=False)

    progress_state: Mapped[str] = mapped_column(default="ingesting")
    progress: Mapped[float] = mapped_column(default=0.0)
    """Percent, 0 to 100; -1 once errored."""
    errors: Mapped[dict[str, Any] | None]

    duration: Mapped[float | None]
    """Seconds."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    frame_rate: Mapped[float | None]
    aspect_ratio: Mapped[str | None]
    resolution_tier: Mapped[str | None]
    max_stored_resolution: Mapped[str | None]
    input_file: Mapped[dict[str, Any] | None]
    """Container and tracks of the file as it came, for input-info."""

    playback_ids: Mapped[list["PlaybackId"]] = relationship(
        back_populates="asset", cascade="all, delete-orphan", order_by="PlaybackId.position", lazy="selectin"
    )
    tracks: Mapped[list["Track"]] = relationship(
        back_populates="asset", cascade="all, delete-orphan", order_by="Track.position", lazy="selectin"
    )
    static_renditions: Mapped[list["StaticRendition"]] = relationship(
        back_populates="asset", cascade="all, delete-orphan", order_by="StaticRendition.position", lazy="selectin"
    )

    @property
    def has_video(self) -> bool:
        return any(track.type == "video" for track in self.tracks)

    def text_tracks(self) -> list["Track"]:
        """Return the subtitles that can be shown."""
        return [track for track in self.tracks if track.type == "text" and track.status == READY]


class PlaybackId(Base):
    """A name under which an asset can be played, openly or with a token."""

    __tablename__ = "playback_id"

    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True, default=new_id)
    asset_id: Mapped[str] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    policy: Mapped[str]
    asset: Mapped[Asset] = relationship(back_populates="playback_ids", lazy="joined")

    @property
    def is_public(self) -> bool:
        return self.policy == "public"


class Track(Base):
    """A video, audio or text track of an asset."""

    __tablename__ = "track"

    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True, default=new_id)
    asset_id: Mapped[str] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    type: Mapped[str]
    status: Mapped[str] = mapped_column(default=PREPARING)
    duration: Mapped[float | None]
    max_width: Mapped[int | None]
    max_height: Mapped[int | None]
    max_frame_rate: Mapped[float | None]
    max_channels: Mapped[int | None]
    max_channel_layout: Mapped[str | None]
    primary: Mapped[bool] = mapped_column(default=False)
    text_type: Mapped[str | None]
    text_source: Mapped[str | None]
    language_code: Mapped[str | None]
    name: Mapped[str | None]
    closed_captions: Mapped[bool | None]
    passthrough: Mapped[str | None]
    url: Mapped[str | None]
    """Where an uploaded text track is fetched from."""
    error: Mapped[dict[str, Any] | None]
    asset: Mapped[Asset] = relationship(back_populates="tracks", lazy="joined")


class StaticRendition(Base):
    """An MP4 or M4A file made of an asset on request."""

    __tablename__ = "static_rendition"

    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True, default=new_id)
    asset_id: Mapped[str] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    resolution: Mapped[str | None]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default=PREPARING)
    passthrough: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    bitrate: Mapped[int | None]
    """Bits per second."""
    filesize: Mapped[int | None]
    """Bytes."""
    asset: Mapped[Asset] = relationship(back_populates="static_renditions", lazy="joined")
