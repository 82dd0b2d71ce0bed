"""Making pictures of a stream on first demand and keeping them."""

import hashlib
import os
import threading
from collections import defaultdict
from pathlib import Path

from local_mux.context import Context
from local_mux.encoding.plan import PLAYLIST
from local_mux.errors import InvalidParametersError
from local_mux.ffmpeg import FfmpegFailedError, own_stream
from local_mux.models.asset import Asset
from local_mux.playback.picture_options import AnimationOptions, ThumbnailOptions
from local_mux.playback.storyboard import Storyboard

DECODE_ALL_BELOW_SECONDS = 120.0
"""A shorter video has too few keyframes to fill a storyboard with."""
_LAST_FRAME_SECONDS = 0.2
_CODECS = {
    "jpg": ("-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"),
    "png": ("-c:v", "png"),
    "webp": ("-c:v", "libwebp", "-quality", "80"),
    "gif": ("-c:v", "gif", "-loop", "0"),
}
_ANIMATED_WEBP = ("-c:v", "libwebp_anim", "-quality", "70", "-loop", "0")
_GIF_PALETTE = ",split[a][b];[a]palettegen[p];[b][p]paletteuse"

_locks: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
_turns = threading.BoundedSemaphore(os.cpu_count() or 1)


def thumbnail(asset: Asset, options: ThumbnailOptions, extension: str) -> Path:
    """Return a frame as a picture file."""
    latest = max(0.0, (asset.duration or 0.0) - _LAST_FRAME_SECONDS)
    return _picture(
        asset,
        f"thumbnail-{_digest(options)}.{extension}",
        [
            *own_stream(_playlist(asset), start_seconds=min(options.time_seconds, latest)),
            *("-frames:v", "1", "-vf", options.filters, *_CODECS[extension]),
        ],
    )


def storyboard(asset: Asset, extension: str) -> Path:
    """Return the storyboard's picture file. For a long video only its keyframes are decoded."""
    layout = Storyboard.of(asset)
    sparse = ["-skip_frame", "nokey"] if layout.duration_seconds >= DECODE_ALL_BELOW_SECONDS else []
    return _picture(
        asset,
        f"storyboard.{extension}",
        [
            *sparse,
            *own_stream(_playlist(asset)),
            *("-an", "-frames:v", "1", "-vf", layout.filters, *_CODECS[extension]),
        ],
    )


def animation(asset: Asset, options: AnimationOptions, extension: str) -> Path:
    """Return a moving picture file."""
    latest = max(0.0, (asset.duration or 0.0) - _LAST_FRAME_SECONDS)
    is_gif = extension == "gif"
    return _picture(
        asset,
        f"animated-{_digest(options)}.{extension}",
        [
            *own_stream(_playlist(asset), start_seconds=min(options.start_seconds, latest)),
            *("-t", f"{options.end_seconds - options.start_seconds:.3f}", "-an"),
            *("-filter_complex", options.filters + (_GIF_PALETTE if is_gif else "")),
            *(_CODECS["gif"] if is_gif else _ANIMATED_WEBP),
        ],
    )


def _picture(asset: Asset, name: str, arguments: list[str]) -> Path:
    if not asset.has_video:
        raise InvalidParametersError("The asset has no video to take pictures of.")
    context = Context.current()
    target = context.storage.derived(asset.id, name)
    with _locks[target]:
        if not target.exists():
            with _turns, context.storage.making(target) as workspace:
                _run(context, [*arguments, str(workspace / name)], workspace / name)
    _locks.pop(target, None)
    return target


def _run(context: Context, arguments: list[str], made: Path) -> None:
    context.ffmpeg.run(arguments)
    if not made.exists():
        raise FfmpegFailedError("there was no frame to take")


def _playlist(asset: Asset) -> Path:
    return Context.current().storage.stream(asset.id) / PLAYLIST


def _digest(options: object) -> str:
    return hashlib.sha256(repr(options).encode()).hexdigest()[:16]
