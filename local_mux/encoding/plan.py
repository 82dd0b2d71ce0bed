"""Deciding what ffmpeg does with an input: copy what every browser plays anyway, encode the rest."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_mux.encoding.inspector import Audio, Input, Video
from local_mux.ffmpeg import untrusted_input

SEGMENT_SECONDS = 4
TEST_ASSET_SECONDS = 10
PLAYLIST = "rendition.m3u8"
INIT = "init.mp4"
DEFAULT_FRAME_RATE = 30.0
HIGHEST_FRAME_RATE = 60.0
_SHORTER_SIDE = {"1080p": 1080, "1440p": 1440, "2160p": 2160}
_COPYABLE_CONTAINERS = {"mov", "matroska"}
_AUDIO_CODEC_STRINGS = {"LC": "mp4a.40.2", "HE-AAC": "mp4a.40.5", "HE-AACv2": "mp4a.40.29"}
_RATE_TOLERANCE = 0.1
_USUAL_SAMPLE_RATES = {44_100, 48_000}


@dataclass(frozen=True)
class Picture:
    """The picture as it will be shown: upright, square pixels, even sides."""

    width: int
    height: int
    frame_rate: float


@dataclass(frozen=True)
class Plan:
    """How one input becomes one HLS stream."""

    source: Input
    picture: Picture | None
    copies_video: bool
    copies_audio: bool
    normalizes_audio: bool
    longest_seconds: float | None

    @property
    def audio_codec_string(self) -> str | None:
        """The audio's name in a playlist's CODECS."""
        if self.source.audio is None:
            return None
        profile = self.source.audio.profile if self.copies_audio else "LC"
        return _AUDIO_CODEC_STRINGS.get(profile or "LC", "mp4a.40.2")

    def encoding_everything(self) -> "Plan":
        """Return the plan for when copying turned out not to work."""
        return Plan(
            source=self.source,
            picture=self.picture,
            copies_video=False,
            copies_audio=False,
            normalizes_audio=self.normalizes_audio,
            longest_seconds=self.longest_seconds,
        )

    def arguments(self, source: Path, folder: Path) -> list[str]:
        """Return ffmpeg's arguments for writing the stream into a folder."""
        cut = ["-t", str(self.longest_seconds)] if self.longest_seconds else []
        return [
            *untrusted_input(source),
            *cut,
            *self._video_arguments(),
            *self._audio_arguments(),
            *("-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
            *("-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_playlist_type", "vod"),
            *("-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", INIT),
            *("-hls_flags", "independent_segments"),
            *("-hls_segment_filename", str(folder / "%05d.m4s")),
            *("-progress", "pipe:1", "-stats_period", "0.25"),
            str(folder / PLAYLIST),
        ]

    def _video_arguments(self) -> list[str]:
        video, picture = self.source.video, self.picture
        if video is None or picture is None:
            return ["-vn"]
        chosen = ["-map", f"0:{video.index}"]
        if self.copies_video:
            return [*chosen, "-c:v", "copy"]
        filters = [
            *(["bwdif"] if video.interlaced else []),
            f"scale={picture.width}:{picture.height}",
            "setsar=1",
            "format=yuv420p",
        ]
        return [
            *chosen,
            *("-vf", ",".join(filters), "-fps_mode", "cfr", "-r", f"{picture.frame_rate:.5f}"),
            *("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-profile:v", "high"),
            *("-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT_SECONDS / 2:g})", "-sc_threshold", "0"),
        ]

    def _audio_arguments(self) -> list[str]:
        audio = self.source.audio
        if audio is None:
            return ["-an"]
        chosen = ["-map", f"0:{audio.index}"]
        if self.copies_audio:
            return [*chosen, "-c:a", "copy"]
        sample_rate = audio.sample_rate if audio.sample_rate in _USUAL_SAMPLE_RATES else 48_000
        loudness = ["-af", "loudnorm=I=-24:TP=-2:LRA=11"] if self.normalizes_audio else []
        return [
            *chosen,
            *loudness,
            *("-c:a", "aac", "-b:a", "128k", "-ac", str(min(audio.channels, 2)), "-ar", str(sample_rate)),
        ]


def make_plan(source: Input, settings: dict[str, Any]) -> Plan:
    """Decide for one input and the settings of its asset."""
    limit = _SHORTER_SIDE[settings.get("max_resolution_tier", "1080p")]
    normalizes = bool(settings.get("normalize_audio", False))
    return Plan(
        source=source,
        picture=_picture(source.video, limit) if source.video else None,
        copies_video=source.video is not None and _is_copyable(source.video, source.container_format, limit),
        copies_audio=source.audio is not None
        and not normalizes
        and _is_copyable_audio(source.audio, source.container_format),
        normalizes_audio=normalizes,
        longest_seconds=TEST_ASSET_SECONDS if settings.get("test") else None,
    )


def _is_copyable(video: Video, container_format: str, limit: int) -> bool:
    return (
        _is_copyable_container(container_format)
        and video.codec == "h264"
        and video.pixel_format in {"yuv420p", "yuvj420p"}
        and not video.rotation
        and not video.interlaced
        and not video.keyframes_far_apart
        and video.steady
        and _frame_rates_agree(video)
        and video.width % 2 == 0
        and video.height % 2 == 0
        and min(video.width, video.height) <= limit
    )


def _is_copyable_audio(audio: Audio, container_format: str) -> bool:
    known_profile = audio.profile in _AUDIO_CODEC_STRINGS
    return _is_copyable_container(container_format) and audio.codec == "aac" and known_profile


def _is_copyable_container(container_format: str) -> bool:
    """Tell whether packets come with the timestamps and headers that fragmented MP4 needs."""
    return not _COPYABLE_CONTAINERS.isdisjoint(container_format.split(","))


def _frame_rates_agree(video: Video) -> bool:
    if not video.average_frame_rate or not video.base_frame_rate:
        return False
    highest = HIGHEST_FRAME_RATE * 2
    return (
        video.average_frame_rate <= highest
        and abs(video.base_frame_rate / video.average_frame_rate - 1) < _RATE_TOLERANCE
    )


def _picture(video: Video, limit: int) -> Picture:
    width, height = video.width * video.sample_aspect_ratio, float(video.height)
    if video.rotation in {90, 270}:
        width, height = height, width
    shrink = min(1.0, limit / min(width, height))
    return Picture(width=_even(width * shrink), height=_even(height * shrink), frame_rate=_frame_rate(video))


def _frame_rate(video: Video) -> float:
    """Return the steady rate to show a video at; an uneven one is shown at its base rate if that makes sense."""
    average = video.average_frame_rate or DEFAULT_FRAME_RATE
    base = video.base_frame_rate or average
    rate = average if video.steady or base > HIGHEST_FRAME_RATE else base
    return min(rate, HIGHEST_FRAME_RATE)


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)
