"""The life of an asset: created, ready or errored, changed, deleted. Each step tells the webhooks."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from local_mux.clock import now
from local_mux.errors import InvalidParametersError
from local_mux.models.asset import ERRORED, PREPARING, READY, Asset, PlaybackId, StaticRendition, Track
from local_mux.webhooks.outbox import record_asset, record_static_rendition, record_track

INVALID_INPUT = "The input file was not a valid video or audio file."
UNSPOKEN = "Failed to generate caption track"


@dataclass(frozen=True)
class Encoded:
    """What became of an input, as far as the asset tells it."""

    duration_seconds: float
    width: int | None
    height: int | None
    frame_rate: float | None
    aspect_ratio: str | None
    resolution_tier: str
    max_stored_resolution: str
    tracks: list[Track]


def create_asset(
    session: Session, settings: dict[str, Any], *, ingest_type: str, upload_id: str | None = None
) -> Asset:
    """Begin an asset; the encoder finds it by its status."""
    asset = Asset(
        upload_id=upload_id,
        ingest_type=ingest_type,
        settings=settings,
        passthrough=settings.get("passthrough"),
        meta=settings.get("meta"),
        master_access=settings.get("master_access", "none"),
        mp4_support=settings.get("mp4_support", "none"),
        test=settings.get("test", False),
        playback_ids=[PlaybackId(policy=policy) for policy in settings.get("playback_policies", [])],
        tracks=[],
        static_renditions=[],
    )
    session.add(asset)
    session.flush()
    return asset


def mark_progress(asset: Asset, state: str, percent: float) -> None:
    """Note how far encoding is; no event tells of it."""
    asset.progress_state = state
    asset.progress = round(min(max(percent, 0.0), 100.0), 2)


def mark_ready(session: Session, asset: Asset, encoded: Encoded) -> None:
    """Make an asset playable."""
    if asset.status != PREPARING:
        return
    asset.status = READY
    asset.ready_at = now()
    asset.duration = encoded.duration_seconds
    asset.width, asset.height = encoded.width, encoded.height
    asset.frame_rate = encoded.frame_rate
    asset.aspect_ratio = encoded.aspect_ratio
    asset.resolution_tier = encoded.resolution_tier
    asset.max_stored_resolution = encoded.max_stored_resolution
    asset.tracks = [*encoded.tracks, *asset.tracks]
    if asset.master_access == "temporary":
        asset.master_status = PREPARING
    mark_progress(asset, "completed", 100)
    record_asset(session, "video.asset.ready", asset)
    for track in asset.tracks:
        if track.type == "text":
            record_track(session, "video.asset.track.created", track)
    for rendition in asset.static_renditions:
        record_static_rendition(session, "video.asset.static_rendition.created", rendition)


def mark_errored(session: Session, asset: Asset, messages: list[str], error_type: str = "invalid_input") -> None:
    """End an asset that cannot be made."""
    if asset.status != PREPARING:
        return
    asset.status = ERRORED
    asset.errors = {"type": error_type, "messages": messages}
    asset.progress_state, asset.progress = "errored", -1
    record_asset(session, "video.asset.errored", asset)


def delete_asset(session: Session, asset: Asset) -> None:
    """Delete an asset and its playback ids.

    While it is being prepared this is refused. What Mux does then could not be established; refusing is
    the stricter of the two, so that a caller which copes here copes there.
    """
    if asset.status == PREPARING:
        raise InvalidParametersError("Asset is still being prepared and cannot be deleted yet.")
    record_asset(session, "video.asset.deleted", asset)
    session.delete(asset)


def request_static_rendition(
    session: Session, asset: Asset, *, name: str, resolution: str | None = None, passthrough: str | None = None
) -> StaticRendition:
    """Order an MP4 or M4A; it is made once the asset is ready."""
    rendition = StaticRendition(name=name, resolution=resolution, passthrough=passthrough)
    asset.static_renditions.append(rendition)
    session.flush()
    if asset.status == READY:
        record_static_rendition(session, "video.asset.static_rendition.created", rendition)
    return rendition


def settle_track(session: Session, track: Track, *, error: str | None = None) -> None:
    """End the preparing of a text track, one way or the other."""
    if error is None:
        track.status = READY
        record_track(session, "video.asset.track.ready", track)
        return
    track.status = ERRORED
    track.error = {"type": "generic", "messages": [error]}
    record_track(session, "video.asset.track.errored", track)
