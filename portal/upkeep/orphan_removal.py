"""What is done about orphans, as a second step after they were found: nothing of it is ever done by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from portal.extensions import db
from portal.models import DiscardKind, Orphan, OrphanKind
from portal.models.discard import discard_again
from portal.models.known_at_mux import known_at_mux
from portal.mux.gateway import MuxGateway
from portal.upkeep.reconcile import ask_about_video

REASON = "no programme knows it"
DISCARD_KINDS = {OrphanKind.ASSET: DiscardKind.ASSET, OrphanKind.UPLOAD: DiscardKind.UPLOAD}


@dataclass(frozen=True, kw_only=True)
class Removal:
    """How many of the findings are to go at Mux now, and how many stay: too young, or known to something by now."""

    removed: int = 0
    too_young: int = 0
    known_by_now: int = 0

    def __add__(self, other: "Removal") -> "Removal":
        return Removal(
            removed=self.removed + other.removed,
            too_young=self.too_young + other.too_young,
            known_by_now=self.known_by_now + other.known_by_now,
        )


def remove_from_mux(orphans: Sequence[Orphan], at: datetime) -> Removal:
    """Discard at Mux what was found there, unless it is younger than a day or something has come to know it.

    The worker pays the discards. Three queries and one for each that goes. The caller commits.
    """
    old = [row for row in orphans if row.is_at_mux and row.is_old_enough(at)]
    asset_ids = [row.mux_id for row in old if row.kind is OrphanKind.ASSET]
    known = known_at_mux(asset_ids, [row.mux_id for row in old if row.kind is OrphanKind.UPLOAD], at)
    known_ids = {OrphanKind.ASSET: known.asset_ids, OrphanKind.UPLOAD: known.upload_ids}
    unknown = [row for row in old if row.mux_id not in known_ids[row.kind]]
    for row in unknown:
        discard_again(DISCARD_KINDS[row.kind], row.mux_id, row.product_id, REASON, at)
    db.session.execute(delete(Orphan).where(Orphan.id.in_([row.id for row in old])))
    return Removal(
        removed=len(unknown),
        too_young=sum(row.is_at_mux for row in orphans) - len(old),
        known_by_now=len(old) - len(unknown),
    )


def settle_programme(orphan: Orphan, mux: MuxGateway, at: datetime) -> bool:
    """Ask once more about a programme whose video was gone, and let it fail if that is so; its coach is told.

    False if the video is there after all. Raises MuxError when Mux can't be asked. The caller commits.
    """
    orphan_id, product_id = orphan.id, orphan.product_id
    decision = ask_about_video(product_id, mux, at)
    db.session.execute(delete(Orphan).where(Orphan.id == orphan_id))
    return decision is not None
