"""Events as Mux really sends them: compact JSON, keys in its order, signed over the exact bytes."""

import hashlib
import hmac
import json
import uuid
from typing import Any

UPLOAD_ID, ASSET_ID, PLAYBACK_ID = "up01AbCdEf", "as01QrStUv", "pb01XyZ"
TRACKS = [
    {
        "type": "video",
        "max_width": 1280,
        "max_height": 720,
        "max_frame_rate": 25,
        "id": "tv1",
        "duration": 61.7,
    },
    {
        "type": "audio",
        "status": "ready",
        "primary": True,
        "name": "Default",
        "max_channels": 2,
        "max_channel_layout": "stereo",
        "language_code": "und",
        "id": "ta1",
        "duration": 61.7,
    },
]


def signature(body: bytes, secret: str, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def event(kind: str, data: dict[str, Any], *, event_id: str | None = None, **changes: Any) -> bytes:
    """The envelope of mux-contract 3.3 around data."""
    noun = "upload" if kind.startswith("video.upload.") else "asset"
    envelope: dict[str, Any] = {
        "type": kind,
        "request_id": None,
        "object": {"type": noun, "id": data.get("id")},
        "id": event_id or str(uuid.uuid4()),
        "environment": {"name": "Development", "id": "env01"},
        "data": data,
        "created_at": "2026-01-09T22:24:01.561000Z",
        "attempts": [],
        "accessor_source": None,
        "accessor": None,
    }
    return json.dumps({**envelope, **changes}, separators=(",", ":")).encode()


def upload(status: str, *, upload_id: str = UPLOAD_ID, passthrough: str | None = None, **more: Any) -> dict[str, Any]:
    """The data of an upload's event: the passthrough stands inside new_asset_settings."""
    settings = {"playback_policies": ["signed"], "max_resolution_tier": "1080p", "encoding_tier": "baseline"}
    if passthrough is not None:
        settings["passthrough"] = passthrough
    return {
        "timeout": 3600,
        "status": status,
        "new_asset_settings": settings,
        "id": upload_id,
        "cors_origin": "https://portal.example",
        **more,
    }


def asset(
    status: str,
    *,
    asset_id: str = ASSET_ID,
    upload_id: str | None = UPLOAD_ID,
    passthrough: str | None = None,
    playback_id: str = PLAYBACK_ID,
    **more: Any,
) -> dict[str, Any]:
    """The data of an asset's event; only a ready one has tracks and a length."""
    ready = {
        "tracks": TRACKS,
        "resolution_tier": "720p",
        "max_stored_resolution": "HD",
        "max_stored_frame_rate": 25,
        "max_resolution_tier": "1080p",
        "ingest_type": "on_demand_direct_upload",
        "encoding_tier": "baseline",
        "duration": 61.7,
        "aspect_ratio": "16:9",
    }
    named = {"upload_id": upload_id, "passthrough": passthrough}
    return {
        **{name: value for name, value in named.items() if value is not None},
        **(ready if status == "ready" else {}),
        "status": status,
        "playback_ids": [{"policy": "signed", "id": playback_id}],
        "mp4_support": "none",
        "master_access": "none",
        "id": asset_id,
        "created_at": 1768000010,
        **more,
    }
