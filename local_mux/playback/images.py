"""Thumbnails, storyboards and animations."""

from flask import Response, jsonify, request

from local_mux.context import Context
from local_mux.errors import InvalidParametersError, NotFoundError
from local_mux.playback import darkroom
from local_mux.playback.access import Grant, grant, grant_either
from local_mux.playback.blueprint import file, playback
from local_mux.playback.picture_options import AnimationOptions, ThumbnailOptions
from local_mux.playback.storyboard import Storyboard
from local_mux.playback.tokens import ANIMATION, STORYBOARD, THUMBNAIL

_PICTURE_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_ANIMATION_TYPES = {"gif": "image/gif", "webp": "image/webp"}


@playback.get("/<playback_id>/thumbnail.<extension>")
def show_thumbnail(playback_id: str, extension: str) -> Response:
    _require_known(extension, _PICTURE_TYPES)
    granted = grant(playback_id, THUMBNAIL)
    options = ThumbnailOptions.read(granted.parameters, granted.asset.duration or 0.0)
    path = darkroom.thumbnail(granted.asset, options, extension)
    return file(path, _PICTURE_TYPES[extension], granted.cache_control)


@playback.get("/<playback_id>/animated.<extension>")
def show_animation(playback_id: str, extension: str) -> Response:
    _require_known(extension, _ANIMATION_TYPES)
    granted = grant(playback_id, ANIMATION)
    path = darkroom.animation(granted.asset, AnimationOptions.read(granted.parameters), extension)
    return file(path, _ANIMATION_TYPES[extension], granted.cache_control)


@playback.get("/<playback_id>/storyboard.<extension>")
def show_storyboard(playback_id: str, extension: str) -> Response:
    """Show the picture; the players' texts lead here with a signature of their own."""
    _require_known(extension, _PICTURE_TYPES)
    granted = grant_either(playback_id, STORYBOARD)
    path = darkroom.storyboard(granted.asset, extension)
    return file(path, _PICTURE_TYPES[extension], granted.cache_control)


@playback.get("/<playback_id>/storyboard.vtt")
def show_storyboard_vtt(playback_id: str) -> Response:
    granted = grant(playback_id, STORYBOARD)
    text = _storyboard(granted).as_vtt(_image_url(granted))
    return Response(text, mimetype="text/vtt", headers={"Cache-Control": "private, no-store"})


@playback.get("/<playback_id>/storyboard.json")
def show_storyboard_json(playback_id: str) -> Response:
    granted = grant(playback_id, STORYBOARD)
    response = jsonify(_storyboard(granted).as_json(_image_url(granted)))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _storyboard(granted: Grant) -> Storyboard:
    if not granted.asset.has_video:
        raise InvalidParametersError("The asset has no video to take pictures of.")
    return Storyboard.of(granted.asset)


def _image_url(granted: Grant) -> str:
    """Return the picture's URL in the format asked for; players put `format` beside the token."""
    extension = request.args.get("format", "jpg")
    if extension not in _PICTURE_TYPES:
        raise InvalidParametersError(f"format: must be one of {', '.join(_PICTURE_TYPES)}")
    public_url = Context.current().settings.public_url
    return f"{public_url}/{granted.playback_id.id}/storyboard.{extension}{granted.child_query}"


def _require_known(extension: str, known: dict[str, str]) -> None:
    if extension not in known:
        raise NotFoundError
