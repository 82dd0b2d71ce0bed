"""The life of a direct upload: waiting, then complete, cancelled or out of time."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from local_mux.assets import create_asset, request_static_rendition
from local_mux.clock import now
from local_mux.database import Database
from local_mux.models.asset import Asset, Track
from local_mux.models.upload import ASSET_CREATED, CANCELLED, TIMED_OUT, WAITING, Upload
from local_mux.representations import encoding_tier
from local_mux.static_names import names_of_mp4_support, static_name
from local_mux.storage import Storage
from local_mux.webhooks.outbox import record_asset, record_upload


def create_upload(session: Session, upload: Upload, url: str) -> None:
    """Open a place for one file."""
    session.add(upload)
    session.flush()
    record_upload(session, "video.upload.created", upload, url)


def cancel_upload(session: Session, upload: Upload, storage: Storage) -> None:
    """Close a waiting upload for good."""
    upload.status = CANCELLED
    record_upload(session, "video.upload.cancelled", upload)
    storage.discard_upload(upload.id)


def complete_upload(session: Session, upload: Upload, total_bytes: int) -> Asset:
    """Turn a completely received file into an asset."""
    asset = begin_asset(
        session,
        upload.new_asset_settings | ({"test": True} if upload.test else {}),
        ingest_type="on_demand_direct_upload",
        upload_id=upload.id,
    )
    upload.status = ASSET_CREATED
    upload.asset_id = asset.id
    upload.total_bytes = total_bytes
    # Mux shows its defaults too from here on.
    upload.new_asset_settings = upload.new_asset_settings | {
        "max_resolution_tier": upload.new_asset_settings.get("max_resolution_tier", "1080p"),
        "encoding_tier": encoding_tier(upload.new_asset_settings),
    }
    record_upload(session, "video.upload.asset_created", upload)
    record_asset(session, "video.asset.created", asset)
    return asset


def begin_asset(session: Session, settings: dict[str, Any], *, ingest_type: str, upload_id: str | None = None) -> Asset:
    """Create an asset with the text tracks and static renditions that were ordered along with it."""
    asset = create_asset(session, settings, ingest_type=ingest_type, upload_id=upload_id)
    asset.tracks = _ordered_text_tracks(settings)
    for order in settings.get("static_renditions", []):
        name = static_name(order["resolution"])
        request_static_rendition(session, asset, name=name, **order)
    for name in names_of_mp4_support(asset.mp4_support):
        request_static_rendition(session, asset, name=name)
    session.flush()
    return asset


def expire_uploads(database: Database, storage: Storage) -> None:
    """Close waiting uploads whose time is up. Mux sends no event for it.

    Done whenever someone is about to look at uploads, so that no clock has to tick in between.
    """
    with database.reading() as session:
        if not _overdue(session):
            return
    with database.writing() as session:
        for upload in _overdue(session):
            upload.status = TIMED_OUT
            storage.discard_upload(upload.id)


def _overdue(session: Session) -> list[Upload]:
    moment = now()
    waiting = session.scalars(select(Upload).where(Upload.status == WAITING))
    return [upload for upload in waiting if upload.times_out_at <= moment]


def _ordered_text_tracks(settings: dict[str, Any]) -> list[Track]:
    inputs = settings.get("inputs", [])
    uploaded = [
        Track(
            type="text",
            text_type="subtitles",
            text_source="uploaded",
            url=each["url"],
            language_code=each.get("language_code", "und"),
            name=each.get("name"),
            closed_captions=each.get("closed_captions", False),
            passthrough=each.get("passthrough"),
        )
        for each in inputs
        if each.get("type") == "text" and each.get("url")
    ]
    generated = [generated_track(order) for each in inputs for order in each.get("generated_subtitles", [])]
    return [*uploaded, *generated]


def generated_track(order: dict[str, Any]) -> Track:
    """Begin a track that would be written by speech recognition."""
    return Track(
        type="text",
        text_type="subtitles",
        text_source="generated_vod",
        language_code=order.get("language_code", "en"),
        name=order.get("name"),
        passthrough=order.get("passthrough"),
    )
