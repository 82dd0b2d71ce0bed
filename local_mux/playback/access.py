"""Who may have what of a playback id, and how its state answers (mux-contract, image API and stream hosts)."""

from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from local_mux.context import Context
from local_mux.database import Database
from local_mux.errors import ForbiddenError, InvalidParametersError, NotFoundError, PreconditionFailedError
from local_mux.models.asset import ERRORED, READY, Asset, PlaybackId
from local_mux.playback.child_urls import check_signature, has_signature, signed_query
from local_mux.playback.tokens import STREAM, check_token

PUBLIC_CACHE_SECONDS = 3600


@dataclass(frozen=True)
class Grant:
    """Leave to have something of an asset."""

    asset: Asset
    playback_id: PlaybackId
    audience: str
    expires: int | None
    """Epoch seconds; None for a public playback id."""
    parameters: dict[str, Any]
    """What the picture should be like: the query of a public URL, the claims of a token."""

    @property
    def child_query(self) -> str:
        """What the URLs inside a playlist or storyboard need at their end."""
        if self.expires is None:
            return ""
        return signed_query(self.playback_id.id, self.audience, self.expires)

    @property
    def cache_control(self) -> str:
        """How long an answer that never changes may be kept, and by whom."""
        return cache_control(is_public=self.expires is None)


def cache_control(*, is_public: bool) -> str:
    """Spell how long an answer that never changes may be kept, and by whom."""
    return f"{'public' if is_public else 'private'}, max-age={PUBLIC_CACHE_SECONDS}"


def grant(playback_id: str, audience: str) -> Grant:
    """Check a request for something that is asked for with a token.

    :raises NotFoundError: unknown or deleted. :raises ForbiddenError: no good token.
    :raises PreconditionFailedError: not ready, or errored.
    """
    found = _find(playback_id)
    if found.is_public:
        granted = Grant(found.asset, found, audience, None, dict(request.args))
    else:
        text = request.args.get("token")
        if not text:
            raise ForbiddenError("This playback id needs a token.")
        token = check_token(text, playback_id, audience)
        # What a token does not say, the query may not add: it would escape what the owner allowed.
        granted = Grant(found.asset, found, audience, token.expires, dict(token.claims))
    _require_ready(found.asset, audience)
    return granted


def grant_child(playback_id: str, audience: str) -> Grant:
    """Check a request for something inside a playlist or storyboard, which is signed rather than given a token."""
    found = _find(playback_id)
    expires = None if found.is_public else check_signature(playback_id, audience)
    _require_ready(found.asset, audience)
    return Grant(found.asset, found, audience, expires, dict(request.args))


def grant_either(playback_id: str, audience: str) -> Grant:
    """Check a request for something reached both ways, such as a storyboard's picture."""
    return grant_child(playback_id, audience) if has_signature() else grant(playback_id, audience)


def find_playback_id(database: Database, playback_id: str) -> PlaybackId | None:
    """Return a playback id with its asset, for reading; None if it was never made or is deleted."""

    def look(session: Session) -> PlaybackId | None:
        return session.scalars(select(PlaybackId).where(PlaybackId.id == playback_id)).one_or_none()

    return database.remembered(("playback id", playback_id), look)


def _find(playback_id: str) -> PlaybackId:
    found = find_playback_id(Context.current().database, playback_id)
    if found is None:
        raise NotFoundError("Invalid Playback ID")
    return found


def _require_ready(asset: Asset, audience: str) -> None:
    """An errored asset answers 412 for its stream and 400 for its pictures, as measured on a live account."""
    if asset.status == READY:
        return
    if asset.status == ERRORED and audience != STREAM:
        raise InvalidParametersError("The asset could not be processed.")
    raise PreconditionFailedError("The asset is not ready for playback.")
