"""Bringing videos that play by public playback ids to signed ones: those imported, or from before signing was set up.

Each step closes its transaction before it calls Mux and commits what came back. Killed anywhere, it goes on at the
next run: a signed id that was made and not kept is found at Mux, and the public one is owed until it is deleted.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime

import structlog

from portal.database.session_connection import in_session
from portal.extensions import db
from portal.lifecycle.ledger import Ledger
from portal.lifecycle.signing import play_by_signed_id
from portal.models.discard import discard_playback_id
from portal.models.programme import select_programme_for_update, select_unsigned
from portal.mux.gateway import MUX_IS_AWAY, MuxError, MuxGateway
from portal.upkeep.periodic import Run, Turn

BATCH = 100

log = structlog.get_logger()


def sign_assets(mux: MuxGateway, at: datetime, turn: Turn) -> Run:
    """Bring every programme that plays by a public id to a signed one. One that Mux refuses is left for another run."""
    signed = 0
    for product_id, asset_id in _unsigned():
        try:
            signed += _sign(product_id, asset_id, mux, at, turn)
        except MuxError as error:
            log.warning("mux.not_signed", product_id=str(product_id), trouble=error.trouble, reason=error.message)
            if error.trouble in MUX_IS_AWAY:
                return Run(done=signed, stopped_by=error)
    return Run(done=signed)


def _unsigned() -> Iterator[tuple[uuid.UUID, str]]:
    """Product and asset, a batch at a time, with no transaction left open between."""
    after: uuid.UUID | None = None
    while True:
        batch = db.session.execute(select_unsigned(after, BATCH)).all()
        db.session.commit()
        yield from ((product_id, asset_id) for product_id, asset_id in batch)
        if len(batch) < BATCH:
            return
        after = batch[-1][0]


def _sign(product_id: uuid.UUID, asset_id: str, mux: MuxGateway, at: datetime, turn: Turn) -> bool:
    turn()
    known = mux.get_asset(asset_id)
    playback_id, is_new = known.playback_id, not known.is_signed
    if is_new or playback_id is None:
        turn()
        playback_id = mux.create_playback_id(asset_id)
    programme = db.session.scalar(select_programme_for_update(product_id))
    ledger = Ledger()
    has_changed = programme is not None and play_by_signed_id(programme, asset_id, playback_id, ledger, at=at)
    ledger.write(in_session())
    if not has_changed and is_new:
        discard_playback_id(asset_id, playback_id, product_id, "its programme had no use for it any more", at)
    db.session.commit()
    if has_changed:
        log.info("mux.signed", product_id=str(product_id), asset_id=asset_id)
    return has_changed
