"""What of all that is at Mux is known here, and by whom: the questions that a comparison asks, a page at a time."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CompoundSelect, literal, or_, select, union_all

from portal.extensions import db
from portal.models.discard import Discard, DiscardKind
from portal.models.product import Product
from portal.models.programme import Programme
from portal.models.upload import Upload

ANSWER_COMES_WITHIN = timedelta(hours=1)  # of Mux's, to being asked for an upload


@dataclass(frozen=True, kw_only=True)
class OurProduct:
    """A product of ours. `title` is None where its programme is gone, `awaits_mux` while an upload is asked for."""

    title: str | None
    awaits_mux: bool


@dataclass(frozen=True, kw_only=True)
class Known:
    """The ids at Mux that something here answers for."""

    asset_ids: frozenset[str]
    upload_ids: frozenset[str]


def our_products(product_ids: Collection[uuid.UUID], at: datetime) -> dict[uuid.UUID, OurProduct]:
    """Those of the ids that are ours, also of programmes that were removed for good. One query."""
    awaits_mux = (
        select(Upload.id)
        .where(
            Upload.product_id == Product.id,
            Upload.superseded_at.is_(None),
            Upload.mux_upload_id.is_(None),
            Upload.created_at > at - ANSWER_COMES_WITHIN,
        )
        .exists()
    )
    chosen = select(Product.id, Programme.title, awaits_mux)
    chosen = chosen.outerjoin(Programme, Programme.product_id == Product.id).where(Product.id.in_(product_ids))
    found = db.session.execute(chosen)
    return {product_id: OurProduct(title=title, awaits_mux=bool(awaits)) for product_id, title, awaits in found}


def known_at_mux(asset_ids: Collection[str], upload_ids: Collection[str], since: datetime) -> Known:
    """Those that a programme plays, a current attempt waits for, or a debt will see to. One query.

    A debt that was paid counts from `since` on: Mux's list may be from before it was. An attempt that another one
    replaced does not count, as what Mux has of it was discarded then.
    """
    is_current = Upload.superseded_at.is_(None)
    is_owed = or_(Discard.done_at.is_(None), Discard.done_at >= since)
    asset, upload = literal("asset"), literal("upload")
    chosen: CompoundSelect[Any] = union_all(
        select(asset, Programme.mux_asset_id).where(Programme.mux_asset_id.in_(asset_ids)),
        select(asset, Upload.asset_id).where(Upload.asset_id.in_(asset_ids), is_current),
        select(asset, Discard.mux_id).where(Discard.kind == DiscardKind.ASSET, Discard.mux_id.in_(asset_ids), is_owed),
        select(upload, Upload.mux_upload_id).where(Upload.mux_upload_id.in_(upload_ids), is_current),
        select(upload, Discard.mux_id).where(
            Discard.kind == DiscardKind.UPLOAD, Discard.mux_id.in_(upload_ids), is_owed
        ),
    )
    found: list[tuple[str, str]] = [(kind, mux_id) for kind, mux_id in db.session.execute(chosen)]
    return Known(
        asset_ids=frozenset(mux_id for kind, mux_id in found if kind == "asset"),
        upload_ids=frozenset(mux_id for kind, mux_id in found if kind == "upload"),
    )
