"""The rows of programmes: product, programme, attempt and history of each, in all states that a life has."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bench.words import RARE_TAG, RARE_WORD, description, dice_for, tags, title
from portal.models import ProductKind, Status, UploadStatus

Row = dict[str, Any]

BATCH = 5_000  # programmes
RARE = 7  # programmes that hold RARE_WORD and RARE_TAG
SPAN = timedelta(days=730)  # over which the programmes were made
# How many of a hundred are in a state; PUBLISHED of a hundred ready ones are published.
STATES = {Status.READY: 88, Status.AWAITING_UPLOAD: 5, Status.PROCESSING: 3, Status.ERRORED: 4}
PUBLISHED = 93
ATTEMPT = {
    Status.READY: UploadStatus.ASSET_CREATED,
    Status.PROCESSING: UploadStatus.ASSET_CREATED,
    Status.AWAITING_UPLOAD: UploadStatus.WAITING,
    Status.ERRORED: UploadStatus.ERRORED,
}


@dataclass(frozen=True)
class Batch:
    """Rows that are loaded together, table by table in this order."""

    product: list[Row] = field(default_factory=list)
    programme: list[Row] = field(default_factory=list)
    upload: list[Row] = field(default_factory=list)
    history: list[Row] = field(default_factory=list)


def batches(rows: int, owners: Sequence[int], until: datetime) -> Iterator[Batch]:
    """`rows` programmes of these owners (ids), evenly over the two years before `until`; the same each time."""
    dice = dice_for(f"programmes {rows}")
    statuses, weights = list(STATES), list(STATES.values())
    for first in range(0, rows, BATCH):
        batch = Batch()
        for number in range(first, min(first + BATCH, rows)):
            is_rare = number % max(1, rows // RARE) == 0 and number // max(1, rows // RARE) < RARE
            status = Status.READY if is_rare else dice.choices(statuses, weights)[0]
            at = until - SPAN + SPAN * (number / rows)
            add_programme(batch, dice, owner_id=dice.choice(owners), status=status, at=at, is_rare=is_rare)
        yield batch


def add_programme(
    batch: Batch, dice: random.Random, *, owner_id: int, status: Status, at: datetime, is_rare: bool = False
) -> uuid.UUID:
    """Put the rows of one programme that was begun at `at` into the batch; its id."""
    product_id = uuid.UUID(int=dice.getrandbits(128), version=4)
    batch.product.append({"id": product_id, "kind": ProductKind.PROGRAMME, "owner_id": owner_id, "created_at": at})
    batch.programme.append(_programme(product_id, dice, status, at, is_rare=is_rare))
    batch.upload.append(_upload(product_id, owner_id, status, at))
    batch.history.extend(_history(product_id, owner_id, status, at))
    return product_id


def upload_id_of(product_id: uuid.UUID) -> str:
    """Mux's id of the direct upload that belongs to a programme."""
    return f"up{product_id.hex}"


def _programme(product_id: uuid.UUID, dice: random.Random, status: Status, at: datetime, *, is_rare: bool) -> Row:
    is_ready, is_errored = status is Status.READY, status is Status.ERRORED
    is_published = is_ready and (is_rare or dice.randrange(100) < PUBLISHED)
    words = title(dice)
    return {
        "product_id": product_id,
        "title": f"{words}, with a {RARE_WORD}" if is_rare else words,
        "description": description(dice),
        "tags": [*tags(dice), *([RARE_TAG] if is_rare else [])],
        "status": status,
        "is_published": is_published,
        "is_premium": dice.randrange(100) < 30,  # noqa: PLR2004 - three in ten
        "is_featured": dice.randrange(100) < 2,  # noqa: PLR2004 - one in fifty
        "publish_when_ready": True,
        "duration_seconds": dice.randint(300, 5400) if is_ready else None,
        "mux_asset_id": f"as{product_id.hex}" if is_ready else None,
        "mux_playback_id": f"pb{product_id.hex}" if is_ready else None,
        "is_signed": is_ready and product_id.int % 2 == 0,  # half of them came before there was a signing key
        "error_type": "invalid_input" if is_errored else None,
        "error_message": "The file is not a video that can be read." if is_errored else None,
        "published_at": at + timedelta(minutes=dice.randint(5, 90)) if is_published else None,
        "created_at": at,
        "updated_at": at + timedelta(minutes=2),
    }


def _upload(product_id: uuid.UUID, owner_id: int, status: Status, at: datetime) -> Row:
    has_asset, is_errored = ATTEMPT[status] is UploadStatus.ASSET_CREATED, status is Status.ERRORED
    return {
        "product_id": product_id,
        "mux_upload_id": upload_id_of(product_id),
        "url": f"https://storage.googleapis.com/upload/{product_id.hex}",
        "url_expires_at": at + timedelta(days=1),
        "url_given_at": at + timedelta(minutes=1),
        "status": ATTEMPT[status],
        "asset_id": f"as{product_id.hex}" if has_asset else None,
        "error_type": "invalid_input" if is_errored else None,
        "error_message": "The file is not a video that can be read." if is_errored else None,
        "created_by_id": owner_id,
        "created_at": at,
        "updated_at": at + timedelta(minutes=2),
        "superseded_at": None,
        "check_due_at": None if status in {Status.READY, Status.ERRORED} else at + timedelta(days=1),
    }


def _history(product_id: uuid.UUID, owner_id: int, status: Status, at: datetime) -> Iterator[Row]:
    begun, arrived = Status.AWAITING_UPLOAD, Status.PROCESSING
    steps: list[tuple[Status | None, Status, str]] = [(None, begun, "The programme was created.")]
    if status is not begun:
        steps.append((begun, arrived, "Mux has the whole file."))
    if status is Status.READY:
        steps.append((arrived, status, "The video is ready and published."))
    if status is Status.ERRORED:
        steps.append((arrived, status, "The file is not a video that can be read."))
    for minutes, (former, present, why) in enumerate(steps):
        yield {
            "product_id": product_id,
            "at": at + timedelta(minutes=minutes),
            "actor_id": owner_id if former is None else None,
            "from_status": former,
            "to_status": present,
            "why": why,
            "mux_event_id": None if former is None else f"ev{product_id.hex}{minutes}",
        }
