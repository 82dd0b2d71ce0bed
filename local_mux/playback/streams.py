"""HLS, subtitles, static renditions and the master file."""

import re

from flask import Response
from sqlalchemy import select

from local_mux.context import Context
from local_mux.encoding.plan import INIT
from local_mux.encoding.stream import Variant
from local_mux.errors import NotFoundError
from local_mux.models.asset import READY, Asset, Track
from local_mux.playback.access import Grant, grant, grant_child, grant_either
from local_mux.playback.blueprint import SEGMENT_TYPE, file, playback, playlist
from local_mux.playback.child_urls import check_signature
from local_mux.playback.playlists import master_playlist, media_playlist, subtitles_playlist
from local_mux.playback.tokens import STREAM
from local_mux.static_names import is_audio, is_static_name

_SEGMENT = re.compile(r"\d{5,7}\.m4s", re.ASCII)


@playback.get("/<playback_id>.m3u8")
def show_master_playlist(playback_id: str) -> Response:
    granted = grant(playback_id, STREAM)
    variant = Variant.load(Context.current().storage.stream(granted.asset.id))
    return playlist(master_playlist(playback_id, variant, granted.asset.text_tracks(), granted.child_query))


@playback.get("/<playback_id>/rendition.m3u8")
def show_media_playlist(playback_id: str) -> Response:
    granted = grant_child(playback_id, STREAM)
    return playlist(media_playlist(Context.current().storage.stream(granted.asset.id), granted.child_query))


@playback.get("/<playback_id>/<segment>.m4s")
def show_segment(playback_id: str, segment: str) -> Response:
    granted = grant_child(playback_id, STREAM)
    name = f"{segment}.m4s"
    if not _SEGMENT.fullmatch(name):
        raise NotFoundError
    stream = Context.current().storage.stream(granted.asset.id)
    return file(stream / name, SEGMENT_TYPE, granted.cache_control)


@playback.get("/<playback_id>/init.mp4")
def show_init_segment(playback_id: str) -> Response:
    granted = grant_child(playback_id, STREAM)
    stream = Context.current().storage.stream(granted.asset.id)
    return file(stream / INIT, "video/mp4", granted.cache_control)


@playback.get("/<playback_id>/text/<track_id>.m3u8")
def show_subtitles_playlist(playback_id: str, track_id: str) -> Response:
    granted = grant_child(playback_id, STREAM)
    track = _text_track(granted, track_id)
    return playlist(subtitles_playlist(track.id, granted.asset.duration or 0.0, granted.child_query))


@playback.get("/<playback_id>/text/<track_id>.vtt")
def show_subtitles(playback_id: str, track_id: str) -> Response:
    granted = grant_either(playback_id, STREAM)
    track = _text_track(granted, track_id)
    path = Context.current().storage.derived(granted.asset.id, f"{track.id}.vtt")
    return file(path, "text/vtt", granted.cache_control)


@playback.get("/<playback_id>/<name>.mp4", endpoint="show_mp4", defaults={"ending": "mp4"})
@playback.get("/<playback_id>/<name>.m4a", endpoint="show_m4a", defaults={"ending": "m4a"})
def show_static_rendition(playback_id: str, name: str, ending: str) -> Response:
    granted = grant(playback_id, STREAM)
    full_name = f"{name}.{ending}"
    made = any(each.name == full_name and each.status == READY for each in granted.asset.static_renditions)
    if not (made and is_static_name(full_name)):
        raise NotFoundError
    path = Context.current().storage.derived(granted.asset.id, full_name)
    return file(path, "audio/mp4" if is_audio(full_name) else "video/mp4", granted.cache_control)


@playback.get("/master/<asset_id>.mp4")
def show_master(asset_id: str) -> Response:
    """Hand out the master file under the URL that `master.url` named."""
    check_signature(asset_id, "master")
    context = Context.current()
    with context.database.reading() as session:
        asset = session.scalars(select(Asset).where(Asset.id == asset_id)).one_or_none()
    if asset is None or asset.master_status != READY:
        raise NotFoundError
    return file(context.storage.derived(asset_id, "master.mp4"), "video/mp4", "private, no-store")


def _text_track(granted: Grant, track_id: str) -> Track:
    for track in granted.asset.text_tracks():
        if track.id == track_id:
            return track
    raise NotFoundError
