"""Who may call the API, and finding what a path names."""

import hmac

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from local_mux.context import Context
from local_mux.errors import NotFoundError, UnauthorizedError
from local_mux.models.asset import Asset, Track
from local_mux.models.upload import Upload


def require_access_token() -> None:
    """Let through only the access token of this environment (HTTP Basic: id and secret)."""
    settings = Context.current().settings
    given = request.authorization
    if given is None or given.type != "basic":
        raise UnauthorizedError
    id_matches = hmac.compare_digest((given.username or "").encode(), settings.token_id.encode())
    secret_matches = hmac.compare_digest((given.password or "").encode(), settings.token_secret.encode())
    if not (id_matches and secret_matches):
        raise UnauthorizedError


def find_asset(session: Session, asset_id: str) -> Asset:
    """Fetch an asset or answer 404."""
    asset = session.get(Asset, asset_id)
    if asset is None:
        raise NotFoundError
    return asset


def find_track(session: Session, asset_id: str, track_id: str) -> Track:
    """Fetch a track of that asset or answer 404."""
    track = session.scalars(select(Track).where(Track.id == track_id, Track.asset_id == asset_id)).one_or_none()
    if track is None:
        raise NotFoundError
    return track


def find_upload(session: Session, upload_id: str) -> Upload:
    """Fetch an upload or answer 404."""
    upload = session.get(Upload, upload_id)
    if upload is None:
        raise NotFoundError
    return upload
