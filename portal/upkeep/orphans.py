"""Comparing all that Mux has with all that is known here, both ways.

Mux's list and the database are not read in one moment, so a difference is a finding only where nothing that is on
its way explains it. What carries no product id of ours is never looked at: other software may share the environment.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select

from portal.extensions import db
from portal.models import Orphan, OrphanKind, Programme, Status
from portal.models.known_at_mux import known_at_mux, our_products
from portal.models.orphan import replace_orphans
from portal.mux.facts import ListedAsset, ListedUpload
from portal.mux.gateway import MuxError, MuxGateway, Trouble
from portal.upkeep.periodic import Run, Turn

BATCH = 1000  # programmes that are looked through at once
MISSING_MAX = 500  # programmes without their video that one comparison asks about, one call each
FOREIGN_FROM = 10  # so many programmes, and none of their videos at Mux: then it is another environment's Mux


class OtherEnvironmentError(Exception):
    """Mux has not one of many videos: most likely the token is one of another environment."""

    def __init__(self, programmes: int) -> None:
        super().__init__(
            f"Mux has none of the videos of {programmes} programmes: does MUX_TOKEN_ID belong to another environment?"
        )


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A programme that plays an asset which Mux's list did not have."""

    product_id: uuid.UUID
    title: str
    asset_id: str


def find_orphans(mux: MuxGateway, at: datetime, turn: Turn) -> Run:
    """Compare, and put what is found in the place of what was found before.

    Where Mux fails in between, what was found before stays. Raises OtherEnvironmentError, and nothing is compared.
    """
    asset_ids: set[str] = set()
    found: dict[tuple[OrphanKind, str], Orphan] = {}
    try:
        for assets in _assets(mux, turn):
            asset_ids.update(asset.id for asset in assets)
            _add(found, _unknown_assets(assets, at))
        for uploads in _uploads(mux, turn):
            _add(found, _unknown_uploads(uploads, at))
        gone = [each for each in _missing_programmes(asset_ids) if _is_gone(each.asset_id, mux, turn)]
    except MuxError as error:
        db.session.rollback()
        return Run(done=0, stopped_by=error)
    _add(found, _still_missing(gone, at))
    replace_orphans(list(found.values()))
    db.session.commit()
    return Run(done=len(found))


def monthly_cost(seconds: float, price_per_minute: Decimal) -> Decimal:
    """What it costs to keep so much video for a month, in whole cents."""
    return (Decimal(str(seconds)) / 60 * price_per_minute).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _add(found: dict[tuple[OrphanKind, str], Orphan], rows: Sequence[Orphan]) -> None:
    """Lists that grow while they are read show a thing twice."""
    found.update({(row.kind, row.mux_id): row for row in rows})


def _assets(mux: MuxGateway, turn: Turn) -> Iterator[Sequence[ListedAsset]]:
    cursor: str | None = None
    followed: set[str | None] = set()
    while cursor not in followed:
        followed.add(cursor)
        turn()
        page = mux.list_assets(cursor)
        yield page.items
        if page.next_cursor is None:
            return
        cursor = page.next_cursor
    raise MuxError(Trouble.UNREADABLE, "Mux's list of assets leads back into itself")


def _uploads(mux: MuxGateway, turn: Turn) -> Iterator[Sequence[ListedUpload]]:
    number, seen = 1, set[str]()
    while True:
        turn()
        uploads = mux.list_uploads(number)
        fresh = [upload for upload in uploads if upload.id not in seen]
        if not fresh:
            return
        seen.update(upload.id for upload in fresh)
        yield fresh
        number += 1


def _unknown_assets(assets: Sequence[ListedAsset], at: datetime) -> list[Orphan]:
    """Those of ours that no programme, no attempt under way and no debt to Mux knows. Two queries."""
    named = {asset.id: product_id for asset in assets if (product_id := _product_id(asset.passthrough))}
    if not named:
        return []
    ours = our_products(set(named.values()), at)
    upload_ids = {asset.upload_id for asset in assets if asset.id in named and asset.upload_id}
    known = known_at_mux(named.keys(), upload_ids, at)
    db.session.commit()
    return [
        Orphan(
            kind=OrphanKind.ASSET,
            mux_id=asset.id,
            product_id=product_id,
            title=ours[product_id].title,
            made_at=asset.made_at,
            duration_seconds=asset.duration_seconds,
            found_at=at,
        )
        for asset in assets
        if (product_id := named.get(asset.id)) in ours
        and not ours[product_id].awaits_mux
        and asset.id not in known.asset_ids
        and asset.upload_id not in known.upload_ids
    ]


def _unknown_uploads(uploads: Sequence[ListedUpload], at: datetime) -> list[Orphan]:
    """Those of ours that wait for a file which nobody will send. Two queries."""
    waiting = [upload for upload in uploads if upload.status == "waiting"]
    named = {upload.id: product_id for upload in waiting if (product_id := _product_id(upload.passthrough))}
    if not named:
        return []
    ours = our_products(set(named.values()), at)
    known = known_at_mux((), named.keys(), at)
    db.session.commit()
    return [
        Orphan(
            kind=OrphanKind.UPLOAD,
            mux_id=upload_id,
            product_id=product_id,
            title=ours[product_id].title,
            found_at=at,
        )
        for upload_id, product_id in named.items()
        if product_id in ours and not ours[product_id].awaits_mux and upload_id not in known.upload_ids
    ]


def _product_id(passthrough: str | None) -> uuid.UUID | None:
    """The product id, in the one spelling that we write; None for whatever other software passes through."""
    try:
        product_id = uuid.UUID(passthrough or "")
    except ValueError:
        return None
    return product_id if str(product_id) == passthrough else None


def _missing_programmes(asset_ids: set[str]) -> list[Missing]:
    """Programmes that play what was not in Mux's list; they may have changed since it was read. Bounded."""
    missing: list[Missing] = []
    present = looked_at = 0
    last = uuid.UUID(int=0)
    while True:
        rows = db.session.execute(
            select(Programme.product_id, Programme.title, Programme.mux_asset_id)
            .where(Programme.status == Status.READY, Programme.product_id > last)
            .order_by(Programme.product_id)
            .limit(BATCH)
        ).all()
        db.session.commit()
        if not rows:
            break
        last = rows[-1][0]
        for product_id, title, asset_id in rows:
            looked_at += 1
            if asset_id in asset_ids:
                present += 1
            elif asset_id is not None and len(missing) < MISSING_MAX:
                missing.append(Missing(product_id=product_id, title=title, asset_id=asset_id))
    if looked_at >= FOREIGN_FROM and not present:
        raise OtherEnvironmentError(looked_at)
    return missing


def _is_gone(asset_id: str, mux: MuxGateway, turn: Turn) -> bool:
    turn()
    try:
        mux.get_asset(asset_id)
    except MuxError as error:
        if error.trouble is Trouble.NOT_FOUND:
            return True
        raise
    return False


def _still_missing(gone: Sequence[Missing], at: datetime) -> list[Orphan]:
    """Those of the programmes that still play what is gone. One query."""
    now = select(Programme.product_id, Programme.mux_asset_id).where(
        Programme.product_id.in_([each.product_id for each in gone]), Programme.status == Status.READY
    )
    playing = dict(iter(db.session.execute(now))) if gone else {}
    return [
        Orphan(
            kind=OrphanKind.PROGRAMME,
            mux_id=each.asset_id,
            product_id=each.product_id,
            title=each.title,
            found_at=at,
        )
        for each in gone
        if playing.get(each.product_id) == each.asset_id
    ]
