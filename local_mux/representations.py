"""Rows as Mux shows them. `rest` is what the API answers, `event` what a webhook carries: the two differ."""

from typing import Any

from local_mux.clock import epoch
from local_mux.models.asset import READY, Asset, PlaybackId, StaticRendition, Track
from local_mux.models.upload import WAITING, Upload

_TIER_OF_QUALITY = {"plus": "smart", "basic": "baseline", "premium": "premium"}


def upload_rest(upload: Upload, url: str) -> dict[str, Any]:
    """Show an upload; its URL only as long as there is something to do with it."""
    return {**upload_event(upload, url), "test": upload.test}


def upload_event(upload: Upload, url: str | None = None) -> dict[str, Any]:
    """Show an upload inside a webhook."""
    return _given(
        id=upload.id,
        url=url if upload.status == WAITING else None,
        timeout=upload.timeout,
        status=upload.status,
        cors_origin=upload.cors_origin,
        new_asset_settings=upload.new_asset_settings,
        asset_id=upload.asset_id,
    )


def asset_rest(asset: Asset, master_url: str | None = None) -> dict[str, Any]:
    """Show an asset as GET does: created_at is a string of epoch seconds here."""
    data = _asset(asset)
    data |= _given(
        created_at=str(data["created_at"]),
        video_quality=asset.settings.get("video_quality", "basic"),
        encoding_tier=encoding_tier(asset.settings),
        max_resolution_tier=asset.settings.get("max_resolution_tier", "1080p"),
        ingest_type=asset.ingest_type,
        normalize_audio=asset.settings.get("normalize_audio", False),
        progress={"state": asset.progress_state, "progress": asset.progress},
        test=asset.test,
        static_renditions=_static_renditions(asset),
        master=_given(status=asset.master_status, url=master_url) if asset.master_status else None,
    )
    return data


def asset_event(asset: Asset) -> dict[str, Any]:
    """Show an asset inside a webhook: created_at is a number, and a preparing asset shows little."""
    data = _asset(asset)
    if asset.status == READY:
        data |= _given(
            max_resolution_tier=asset.settings.get("max_resolution_tier", "1080p"),
            encoding_tier=encoding_tier(asset.settings),
            ingest_type=asset.ingest_type,
            static_renditions=_static_renditions(asset),
        )
    return data | ({"test": True} if asset.test else {})


def encoding_tier(settings: dict[str, Any]) -> str:
    """Return the deprecated twin of `video_quality`, which Mux still sends along."""
    return _TIER_OF_QUALITY[settings.get("video_quality", "basic")]


def playback_id_rest(playback_id: PlaybackId) -> dict[str, Any]:
    """Show a playback id."""
    return {"id": playback_id.id, "policy": playback_id.policy}


def track_rest(track: Track) -> dict[str, Any]:
    """Show a track; a video track carries no status."""
    return _given(
        id=track.id,
        type=track.type,
        duration=track.duration,
        max_width=track.max_width,
        max_height=track.max_height,
        max_frame_rate=track.max_frame_rate,
        max_channels=track.max_channels,
        max_channel_layout=track.max_channel_layout,
        text_type=track.text_type,
        text_source=track.text_source,
        language_code=track.language_code,
        name=track.name,
        closed_captions=track.closed_captions,
        passthrough=track.passthrough,
        status=None if track.type == "video" else track.status,
        primary=True if track.primary else None,
        error=track.error,
    )


def track_event(track: Track) -> dict[str, Any]:
    """Show a track inside a webhook, where it also says whose it is."""
    return {**track_rest(track), "asset_id": track.asset_id}


def static_rendition_rest(rendition: StaticRendition) -> dict[str, Any]:
    """Show a static rendition; its file size is a string."""
    return _given(
        id=rendition.id,
        name=rendition.name,
        ext=rendition.name.rpartition(".")[2],
        resolution=rendition.resolution,
        status=rendition.status,
        type="standard",
        width=rendition.width,
        height=rendition.height,
        bitrate=rendition.bitrate,
        filesize=None if rendition.filesize is None else str(rendition.filesize),
        passthrough=rendition.passthrough,
    )


def _asset(asset: Asset) -> dict[str, Any]:
    return _given(
        id=asset.id,
        created_at=epoch(asset.created_at),
        status=asset.status,
        upload_id=asset.upload_id,
        duration=asset.duration,
        aspect_ratio=asset.aspect_ratio,
        resolution_tier=asset.resolution_tier,
        max_stored_resolution=asset.max_stored_resolution,
        max_stored_frame_rate=asset.frame_rate,
        passthrough=asset.passthrough,
        meta=asset.meta,
        playback_ids=[playback_id_rest(playback_id) for playback_id in asset.playback_ids] or None,
        tracks=[track_rest(track) for track in asset.tracks] or None,
        master_access=asset.master_access,
        mp4_support=asset.mp4_support,
        errors=asset.errors,
    )


def _static_renditions(asset: Asset) -> dict[str, Any] | None:
    if not asset.static_renditions:
        return None
    statuses = {rendition.status for rendition in asset.static_renditions}
    status = next((status for status in ("preparing", "errored") if status in statuses), "ready")
    return {"status": status, "files": [static_rendition_rest(each) for each in asset.static_renditions]}


def _given(**fields: Any) -> dict[str, Any]:
    """Leave out what is not known: Mux omits such fields rather than sending null."""
    return {name: value for name, value in fields.items() if value is not None}
