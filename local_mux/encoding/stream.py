"""Reading back the stream that ffmpeg wrote: how long it is, how fast, which codecs."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from local_mux.encoding.plan import INIT, PLAYLIST, Plan

_VARIANT = "variant.json"
_SEGMENT = re.compile(r"#EXTINF:([\d.]+),[^\n]*\n(\S+)")
_BITS = 8


@dataclass(frozen=True)
class Variant:
    """What the master playlist says about the one rendition there is."""

    duration_seconds: float
    bandwidth: int
    """Bits per second of the fastest segment."""
    average_bandwidth: int
    """Bits per second overall."""
    codecs: list[str]
    width: int | None
    height: int | None
    frame_rate: float | None

    def save(self, folder: Path) -> None:
        (folder / _VARIANT).write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, folder: Path) -> "Variant":
        return cls(**json.loads((folder / _VARIANT).read_text()))


def read_variant(folder: Path, plan: Plan) -> Variant:
    """Measure a stream in its folder.

    :raises ValueError: if there is nothing to play in it.
    """
    segments = [
        (float(seconds), (folder / name).stat().st_size)
        for seconds, name in _SEGMENT.findall((folder / PLAYLIST).read_text())
    ]
    duration = sum(seconds for seconds, _ in segments)
    if duration <= 0:
        raise ValueError("the stream is empty")
    size = sum(size_bytes for _, size_bytes in segments)
    picture = plan.picture
    return Variant(
        duration_seconds=round(duration, 6),
        bandwidth=max(round(size_bytes * _BITS / seconds) for seconds, size_bytes in segments if seconds > 0),
        average_bandwidth=round(size * _BITS / duration),
        codecs=[codec for codec in (_video_codec(folder / INIT), plan.audio_codec_string) if codec],
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        frame_rate=picture.frame_rate if picture else None,
    )


def _video_codec(init: Path) -> str | None:
    """Return the RFC 6381 name of the H.264 profile and level, which stands in the avcC box."""
    data = init.read_bytes()
    at = data.find(b"avcC")
    # After the box's name: version, then profile, compatibility flags and level.
    return None if at < 0 else f"avc1.{data[at + 5 : at + 8].hex()}"
