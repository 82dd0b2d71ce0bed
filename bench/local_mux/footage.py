"""The videos that are sent: made once by ffmpeg, and kept."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from bench.databases import DATA

FOLDER = DATA / "footage"
_SOUND = ("-f", "lavfi", "-i", "anoisesrc=duration=20:sample_rate=48000:amplitude=0.1", "-ac", "2")
# Noise in the picture, or it would compress to far less than what a camera sees.
_PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=20,noise=alls=12:allf=t")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "5000k")
_PLAYABLE = (*_H264, "-pix_fmt", "yuv420p", "-g", "60", "-c:a", "aac", "-b:a", "128k")
_VP9 = (
    "-t",
    "10",
    "-s",
    "640x360",
    "-c:v",
    "libvpx-vp9",
    "-deadline",
    "realtime",
    "-cpu-used",
    "8",
    "-b:v",
    "1M",
    "-c:a",
    "libopus",
)


@dataclass(frozen=True)
class Footage:
    """A video file, and what the local Mux does with it."""

    name: str
    what: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return FOLDER / self.name


COPIED = Footage("ten-minutes.mp4", "10 min of 720p H.264 and AAC, copied")
INDEX_FIRST = Footage("ten-minutes-index-first.mp4", "the same, its index at the start")
ENCODED = Footage("ten-seconds.webm", "10 s of 360p VP9 and Opus, encoded")
ALL = (COPIED, INDEX_FIRST, ENCODED)


def make_footage() -> None:
    """Have all of it; takes a minute the first time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _make(FOLDER / "piece.mp4", *_PICTURE, *_SOUND, *_PLAYABLE)
    copied = ("-stream_loop", "29", "-i", str(FOLDER / "piece.mp4"), "-c", "copy")
    _make(COPIED.path, *copied)
    _make(INDEX_FIRST.path, *copied, "-movflags", "+faststart")
    _make(ENCODED.path, *_PICTURE, *_SOUND, *_VP9)


def _make(target: Path, *arguments: str) -> None:
    if target.exists():
        return
    made = target.with_name(f"making-{target.name}")
    subprocess.run([get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments, str(made)], check=True)
    made.replace(target)
