"""Playback ids: added to and taken from an asset; a policy is never changed in place."""

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from local_mux.api.access import find_asset
from local_mux.api.blueprint import answer, api, nothing
from local_mux.api.schemas import CreatePlaybackId, read_body
from local_mux.context import Context
from local_mux.errors import NotFoundError
from local_mux.models.asset import PlaybackId
from local_mux.representations import playback_id_rest
from local_mux.webhooks.outbox import record_asset


@api.post("/video/v1/assets/<asset_id>/playback-ids")
def create_playback_id(asset_id: str) -> Response:
    playback_id = PlaybackId(policy=read_body(CreatePlaybackId).policy)
    with Context.current().database.writing() as session:
        asset = find_asset(session, asset_id)
        asset.playback_ids.append(playback_id)
        record_asset(session, "video.asset.updated", asset)
    return answer(playback_id_rest(playback_id), 201)


@api.get("/video/v1/assets/<asset_id>/playback-ids/<playback_id>")
def show_playback_id(asset_id: str, playback_id: str) -> Response:
    with Context.current().database.reading() as session:
        return answer(playback_id_rest(_find(session, asset_id, playback_id)))


@api.delete("/video/v1/assets/<asset_id>/playback-ids/<playback_id>")
def delete_playback_id(asset_id: str, playback_id: str) -> Response:
    with Context.current().database.writing() as session:
        found = _find(session, asset_id, playback_id)
        asset = found.asset
        asset.playback_ids.remove(found)
        record_asset(session, "video.asset.updated", asset)
    return nothing()


@api.get("/video/v1/playback-ids/<playback_id>")
def find_object(playback_id: str) -> Response:
    """Tell which asset a playback id belongs to."""
    with Context.current().database.reading() as session:
        found = session.scalars(select(PlaybackId).where(PlaybackId.id == playback_id)).one_or_none()
    if found is None:
        raise NotFoundError
    return answer({**playback_id_rest(found), "object": {"type": "asset", "id": found.asset_id}})


def _find(session: Session, asset_id: str, playback_id: str) -> PlaybackId:
    query = select(PlaybackId).where(PlaybackId.id == playback_id, PlaybackId.asset_id == asset_id)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFoundError
    return found
