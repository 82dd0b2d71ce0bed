"""Recording events. An event and its deliveries are written in the transaction of the change they tell of."""

import random
import zlib
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from local_mux.clock import now
from local_mux.faults import WebhookFaults, current_faults
from local_mux.models.asset import Asset, StaticRendition, Track
from local_mux.models.upload import Upload
from local_mux.models.webhook import Delivery, Event
from local_mux.representations import asset_event, static_rendition_rest, track_event, upload_event

LANES = 4
SHUFFLE_SECONDS = 1.5

_random = random.SystemRandom()


def record_upload(session: Session, event_type: str, upload: Upload, url: str | None = None) -> None:
    """Tell of an upload; `url` belongs to `video.upload.created` alone."""
    session.flush()
    _record(session, event_type, ("upload", upload.id), upload_event(upload, url), lane_of=upload.id)


def record_asset(session: Session, event_type: str, asset: Asset) -> None:
    """Tell of an asset, on the lane of the upload it came from."""
    session.flush()
    lane_of = asset.upload_id or asset.id
    _record(session, event_type, ("asset", asset.id), asset_event(asset), lane_of=lane_of)


def record_track(session: Session, event_type: str, track: Track) -> None:
    """Tell of a track. Mux does not document these events' `object`; this is a choice."""
    session.flush()
    lane_of = track.asset.upload_id or track.asset_id
    _record(session, event_type, ("track", track.id), track_event(track), lane_of=lane_of)


def record_static_rendition(session: Session, event_type: str, rendition: StaticRendition) -> None:
    """Tell of a static rendition."""
    session.flush()
    data = {**static_rendition_rest(rendition), "asset_id": rendition.asset_id}
    lane_of = rendition.asset.upload_id or rendition.asset_id
    _record(session, event_type, ("static_rendition", rendition.id), data, lane_of=lane_of)


def deliver_again(session: Session, event: Event) -> Delivery:
    """Queue an event once more, at once and exactly once, whatever became of it before."""
    lane = event.deliveries[0].lane if event.deliveries else 0
    delivery = Delivery(event_id=event.id, lane=lane)
    session.add(delivery)
    session.flush()
    return delivery


def _record(session: Session, event_type: str, subject: tuple[str, str], data: dict[str, Any], *, lane_of: str) -> None:
    object_type, object_id = subject
    event = Event(type=event_type, object_type=object_type, object_id=object_id, data=data)
    session.add(event)
    session.flush()
    lane = zlib.crc32(lane_of.encode()) % LANES
    faults = current_faults(session).webhooks
    for _copy in range(1 + faults.duplicate):
        session.add(_delivery(event, lane, faults, forged=False))
    if faults.forge:
        session.add(_delivery(event, lane, faults, forged=True))


def _delivery(event: Event, lane: int, faults: WebhookFaults, *, forged: bool) -> Delivery:
    shortest, longest = faults.delay_seconds
    delay_seconds = _random.uniform(shortest, longest)
    if faults.shuffle:
        delay_seconds += _random.uniform(0, SHUFFLE_SECONDS)
    return Delivery(event_id=event.id, lane=lane, forged=forged, due_at=now() + timedelta(seconds=delay_seconds))
