"""Looking into one media file after another, in a process of its own.

Run as `python -m local_mux.encoding.inspect_file`: a path per line comes in, a line of JSON goes out.
A file that crashes or hangs a decoder takes this process with it, not the server.
"""

import json
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from local_mux.ffmpeg import CONTAINERS

_LONGEST_KEYFRAME_GAP_SECONDS = 20
"""Farther apart, the segments of a copied stream would be too long to seek in; it is Mux's own limit."""
_MICROSECONDS = 1_000_000


def inspect(path: Path) -> dict[str, Any]:
    """Describe a file; `problem` says why it cannot be used."""
    try:
        with av.open(str(path), options={"protocol_whitelist": "file", "format_whitelist": CONTAINERS}) as container:
            return _describe(container, path.stat().st_size)
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        return {"problem": f"{type(error).__name__}: {error}"}


def _describe(container: InputContainer, size_bytes: int) -> dict[str, Any]:
    video = next((stream for stream in container.streams.video if not _is_cover(stream)), None)
    audio = next((stream for stream in container.streams.audio if stream.codec_context.name), None)
    if video is None and audio is None:
        return {"problem": "no video and no audio"}
    if _ends_early(video, size_bytes) or _ends_early(audio, size_bytes):
        return {"problem": "the end of the file is missing"}
    return {
        "container_format": container.format.name,
        "duration": container.duration / _MICROSECONDS if container.duration else None,
        "video": _video(container, video) if video else None,
        "audio": _audio(audio) if audio else None,
    }


def _is_cover(stream: Any) -> bool:
    return "attached_pic" in str(stream.disposition)


def _ends_early(stream: Any, size_bytes: int) -> bool:
    """Tell whether the file's own index points past its end."""
    if stream is None or not len(stream.index_entries):
        return False
    last = stream.index_entries[-1]
    return bool(last.pos + last.size > size_bytes)


def _video(container: InputContainer, stream: Any) -> dict[str, Any]:
    frame = next(container.decode(stream))
    entries = [(entry.timestamp, entry.is_keyframe) for entry in stream.index_entries]
    keyframes = [float(timestamp * stream.time_base) for timestamp, is_keyframe in entries if is_keyframe]
    gaps = [later - earlier for earlier, later in pairwise(keyframes)]
    average, base = stream.average_rate, stream.base_rate or stream.guessed_rate
    ratio = stream.sample_aspect_ratio or Fraction(1)
    return {
        "index": stream.index,
        "codec": stream.codec_context.name,
        "profile": stream.profile,
        "pixel_format": frame.format.name,
        "width": frame.width,
        "height": frame.height,
        "sample_aspect_ratio": float(ratio) or 1.0,
        "rotation": round(frame.rotation) % 360,
        "interlaced": bool(frame.interlaced_frame),
        "average_frame_rate": float(average) if average else None,
        "base_frame_rate": float(base) if base else None,
        # Other containers index keyframes only, whose distances say nothing about the frame rate.
        "steady": "mov" not in container.format.name or _is_steady([timestamp for timestamp, _ in entries]),
        "keyframes_far_apart": max(gaps, default=0.0) > _LONGEST_KEYFRAME_GAP_SECONDS,
        "duration": float(stream.duration * stream.time_base) if stream.duration else None,
    }


def _audio(stream: Any) -> dict[str, Any]:
    return {
        "index": stream.index,
        "codec": stream.codec_context.name,
        "profile": stream.profile,
        "channels": stream.codec_context.channels,
        "layout": stream.codec_context.layout.name,
        "sample_rate": stream.codec_context.sample_rate,
        "duration": float(stream.duration * stream.time_base) if stream.duration else None,
    }


def _is_steady(timestamps: list[int]) -> bool:
    """Tell whether frames come evenly: nearly all steps between them within a quarter of the usual one."""
    steps = sorted(later - earlier for earlier, later in pairwise(timestamps))
    if not steps:
        return True
    usual = steps[len(steps) // 2]
    even = sum(1 for step in steps if abs(step - usual) <= usual / 4)
    return even >= 0.98 * len(steps)


def main() -> None:
    """Answer until the other side hangs up."""
    av.logging.set_level(None)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(inspect(Path(json.loads(line)))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
