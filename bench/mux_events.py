"""Signed events for programmes that wait for their video: as Mux sends them, each with an id of its own."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.calls import Call
from bench.databases import Database
from bench.filling import coaches, load_batch
from bench.programmes import Batch, add_programme, upload_id_of
from bench.words import dice_for
from portal.models import Status


def add_awaiting(database: Database, count: int) -> list[uuid.UUID]:
    """Programmes whose upload link was given out an hour ago, added to the database."""
    dice, at, batch = dice_for(uuid.uuid4().hex), datetime.now(UTC) - timedelta(hours=1), Batch()
    with database.engine.begin() as connection:
        owners = coaches(connection)
        made = [
            add_programme(batch, dice, owner_id=dice.choice(owners), status=Status.AWAITING_UPLOAD, at=at)
            for _ in range(count)
        ]
        load_batch(connection, batch)
    return made


def ready_events(products: Sequence[uuid.UUID], secret: str) -> list[Call]:
    """`video.asset.ready` for each of the programmes, signed now: good for 300 seconds."""
    return [_signed(_ready(product_id), secret) for product_id in products]


def _signed(body: bytes, secret: str) -> Call:
    at = int(time.time())
    signature = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return Call(path="/webhooks/mux", method="POST", headers={"Mux-Signature": f"t={at},v1={signature}"}, body=body)


def _ready(product_id: uuid.UUID) -> bytes:
    """About 1.3 kB, the length that real ones have."""
    event: dict[str, object] = {
        "type": "video.asset.ready",
        "request_id": None,
        "object": {"type": "asset", "id": f"as{product_id.hex}"},
        "id": str(uuid.uuid4()),
        "environment": {"name": "Production", "id": "env01"},
        "data": _asset(product_id),
        "created_at": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "attempts": [],
        "accessor_source": None,
        "accessor": None,
    }
    return json.dumps(event, separators=(",", ":")).encode()


def _asset(product_id: uuid.UUID) -> dict[str, object]:
    picture = {"type": "video", "max_width": 1280, "max_height": 720, "max_frame_rate": 25, "id": "tv1"}
    sound = {"type": "audio", "status": "ready", "primary": True, "name": "Default", "max_channels": 2, "id": "ta1"}
    return {
        "upload_id": upload_id_of(product_id),
        "passthrough": str(product_id),
        "tracks": [{**picture, "duration": 1801.7}, {**sound, "duration": 1801.7}],
        "resolution_tier": "720p",
        "max_stored_resolution": "HD",
        "max_stored_frame_rate": 25,
        "max_resolution_tier": "1080p",
        "meta": {"title": "A programme", "creator_id": "1", "external_id": str(product_id)},
        "ingest_type": "on_demand_direct_upload",
        "encoding_tier": "baseline",
        "video_quality": "basic",
        "duration": 1801.7,
        "aspect_ratio": "16:9",
        "status": "ready",
        "playback_ids": [{"policy": "signed", "id": f"pb{product_id.hex}"}],
        "mp4_support": "none",
        "master_access": "none",
        "id": f"as{product_id.hex}",
        "created_at": int(time.time()) - 60,
        "progress": {"state": "completed", "progress": 100},
    }
