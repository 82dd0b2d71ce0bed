"""From a public playback id, which plays for everybody who knows it, to a signed one of the same video."""

from datetime import datetime

from portal.lifecycle.ledger import Ledger
from portal.models import ProgrammeState
from portal.models.discard import DiscardKind, playback_id_at_mux


def play_by_signed_id(
    programme: ProgrammeState, asset_id: str, playback_id: str, ledger: Ledger, *, at: datetime
) -> bool:
    """Play the asset by a signed playback id from now on; its public one is to go at Mux, as a debt of its own.

    False where that is not the asset which plays by a public id any more: nothing changes then.
    """
    former = programme.mux_playback_id
    if not programme.is_playable or programme.is_signed or programme.mux_asset_id != asset_id or former is None:
        return False
    at_mux = playback_id_at_mux(asset_id, former)
    ledger.discard(DiscardKind.PLAYBACK_ID, at_mux, programme, "a signed one took its place", at=at)
    values = {"mux_playback_id": playback_id, "is_signed": True}
    ledger.revise(programme, "The video plays by signed addresses alone from now on.", at=at, values=values)
    return True
