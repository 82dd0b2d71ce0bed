"""Text tracks: fetched from a URL, or asked of a speech recognition that this stand-in does not have."""

from flask import Response

from local_mux.api.access import find_asset, find_track
from local_mux.api.blueprint import answer, api, nothing
from local_mux.api.schemas import CreateTrack, GenerateSubtitles, UpdateTrack, read_body
from local_mux.context import Context
from local_mux.errors import InvalidParametersError
from local_mux.models.asset import READY, Asset, Track
from local_mux.representations import track_rest
from local_mux.uploads import generated_track
from local_mux.webhooks.outbox import record_track


@api.post("/video/v1/assets/<asset_id>/tracks")
def create_track(asset_id: str) -> Response:
    track = Track(text_source="uploaded", **read_body(CreateTrack).model_dump())
    with Context.current().database.writing() as session:
        asset = find_asset(session, asset_id)
        _require_ready(asset)
        asset.tracks.append(track)
        record_track(session, "video.asset.track.created", track)
    return answer(track_rest(track), 201)


@api.patch("/video/v1/assets/<asset_id>/tracks/<track_id>")
def update_track(asset_id: str, track_id: str) -> Response:
    changes = read_body(UpdateTrack).model_dump(exclude_unset=True)
    with Context.current().database.writing() as session:
        track = find_track(session, asset_id, track_id)
        for field, value in changes.items():
            setattr(track, field, value)
    return answer(track_rest(track))


@api.delete("/video/v1/assets/<asset_id>/tracks/<track_id>")
def delete_track(asset_id: str, track_id: str) -> Response:
    context = Context.current()
    with context.database.writing() as session:
        track = find_track(session, asset_id, track_id)
        if track.type == "video" or track.primary:
            raise InvalidParametersError("The video track and the primary audio track cannot be deleted.")
        record_track(session, "video.asset.track.deleted", track)
        track.asset.tracks.remove(track)
    context.storage.derived(asset_id, f"{track_id}.vtt").unlink(missing_ok=True)
    return nothing()


@api.post("/video/v1/assets/<asset_id>/tracks/<track_id>/generate-subtitles")
def generate_subtitles(asset_id: str, track_id: str) -> Response:
    """Take the order as Mux does. The tracks then end as errored, as Mux's do when recognition fails."""
    order = read_body(GenerateSubtitles)
    with Context.current().database.writing() as session:
        asset = find_asset(session, asset_id)
        _require_ready(asset)
        if find_track(session, asset_id, track_id).type != "audio":
            raise InvalidParametersError("Asset does not have an audio track")
        tracks = [generated_track(each.model_dump()) for each in order.generated_subtitles]
        asset.tracks.extend(tracks)
        for track in tracks:
            record_track(session, "video.asset.track.created", track)
    return answer([track_rest(track) for track in tracks], 201)


def _require_ready(asset: Asset) -> None:
    if asset.status != READY:
        raise InvalidParametersError("Asset is not ready: tracks can be added once it is.")
