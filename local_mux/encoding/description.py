"""Putting what was encoded into the words of Mux: tiers, aspect ratio, tracks."""

from math import gcd
from typing import Any

from local_mux.assets import Encoded
from local_mux.encoding.inspector import Audio, Input
from local_mux.encoding.plan import Picture, Plan
from local_mux.encoding.stream import Variant
from local_mux.models.asset import READY, Track

_TIERS = ((720, "720p", "HD"), (1080, "1080p", "FHD"), (1440, "1440p", "UHD"))
_LARGEST = ("2160p", "UHD")
_SD_BELOW = 720
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def describe(plan: Plan, variant: Variant) -> Encoded:
    """Return the fields of a ready asset."""
    source, picture = plan.source, plan.picture
    duration = variant.duration_seconds
    if source.duration and not plan.longest_seconds:
        duration = round(source.duration, 6)
    tier, stored = _resolution(picture) if picture else ("audio-only", "Audio only")
    tracks = []
    if picture:
        tracks.append(_video_track(picture, duration))
    if source.audio:
        tracks.append(_audio_track(source.audio, duration))
    return Encoded(
        duration_seconds=duration,
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        frame_rate=round(picture.frame_rate, 3) if picture else None,
        aspect_ratio=_aspect_ratio(picture) if picture else None,
        resolution_tier=tier,
        max_stored_resolution=stored,
        tracks=tracks,
    )


def describe_input(source: Input) -> dict[str, Any]:
    """Return the `file` part of input-info."""
    tracks: list[dict[str, Any]] = []
    if video := source.video:
        tracks.append(
            {
                "type": "video",
                "duration": video.duration or source.duration,
                "encoding": video.codec,
                "width": video.width,
                "height": video.height,
                "frame_rate": video.average_frame_rate,
            }
        )
    if audio := source.audio:
        tracks.append(
            {
                "type": "audio",
                "duration": audio.duration or source.duration,
                "encoding": audio.codec,
                "channels": audio.channels,
                "sample_rate": audio.sample_rate,
            }
        )
    known = [{name: value for name, value in track.items() if value is not None} for track in tracks]
    return {"container_format": source.container_format, "tracks": known}


def _resolution(picture: Picture) -> tuple[str, str]:
    shorter = min(picture.width, picture.height)
    for limit, tier, stored in _TIERS:
        if shorter <= limit:
            return tier, "SD" if shorter < _SD_BELOW else stored
    return _LARGEST


def _aspect_ratio(picture: Picture) -> str:
    """Return the ratio in smallest terms; sides rounded to even numbers may be a pixel or two off 16:9."""
    for width, height in ((16, 9), (9, 16), (4, 3), (3, 4)):
        if abs(picture.width * height - picture.height * width) <= 2 * max(width, height):
            return f"{width}:{height}"
    divisor = gcd(picture.width, picture.height)
    return f"{picture.width // divisor}:{picture.height // divisor}"


def _video_track(picture: Picture, duration_seconds: float) -> Track:
    return Track(
        type="video",
        status=READY,
        duration=duration_seconds,
        max_width=picture.width,
        max_height=picture.height,
        max_frame_rate=round(picture.frame_rate, 3),
    )


def _audio_track(audio: Audio, duration_seconds: float) -> Track:
    return Track(
        type="audio",
        status=READY,
        duration=duration_seconds,
        primary=True,
        name="Default",
        language_code="und",
        max_channels=audio.channels,
        max_channel_layout=_LAYOUTS.get(audio.channels, audio.layout),
    )
