"""Tiny media files of every kind, made by ffmpeg."""

import subprocess
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

_VIDEO = ("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=2")
_ODD_VIDEO = ("-f", "lavfi", "-i", "testsrc=size=161x91:rate=25:duration=2")
_SOUND = ("-f", "lavfi", "-i", "sine=duration=2:sample_rate=44100", "-ac", "2")
_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25")
_UNEVEN = "select='not(mod(n,3))+lt(mod(n,20),8)'"

RECIPES: dict[str, tuple[str, ...]] = {
    "plain.mp4": (*_VIDEO, *_SOUND, *_X264, "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"),
    "matroska.mkv": (*_VIDEO, *_SOUND, *_X264, "-pix_fmt", "yuv420p", "-c:a", "aac"),
    "silent.mp4": (*_VIDEO, *_X264, "-pix_fmt", "yuv420p"),
    "vp9.webm": (*_VIDEO, *_SOUND, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"),
    "hevc.mp4": (
        *(*_VIDEO, *_SOUND, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
        *("-c:a", "aac"),
    ),
    "prores.mov": (*_VIDEO, *_SOUND, "-c:v", "prores", "-c:a", "pcm_s16le"),
    "mpeg4.avi": (*_VIDEO, *_SOUND, "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "ten_bit.mp4": (*_VIDEO, *_SOUND, *_X264, "-pix_fmt", "yuv420p10le", "-c:a", "aac"),
    "transport.ts": (*_VIDEO, *_SOUND, *_X264, "-pix_fmt", "yuv420p", "-c:a", "aac"),
    "uneven.mp4": (
        *(*_VIDEO, *_SOUND, "-vf", _UNEVEN, "-fps_mode", "vfr", *_X264),
        *("-pix_fmt", "yuv420p", "-c:a", "aac"),
    ),
    "odd.mp4": (*_ODD_VIDEO, *_X264, "-pix_fmt", "yuv444p"),
    "sound.mp3": (*_SOUND, "-c:a", "libmp3lame"),
    "sound.m4a": (*_SOUND, "-c:a", "aac"),
}


class Media:
    """Makes each file once, when a test first asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> Path:
        path = self._folder / name
        if not path.exists():
            self._make(name, path)
        return path

    def _make(self, name: str, path: Path) -> None:
        plain = self._folder / "plain.mp4"
        if name == "rotated.mp4":
            ffmpeg("-display_rotation", "90", "-i", self["plain.mp4"], "-c", "copy", path)
        elif name == "cut_off.mp4":
            data = self["plain.mp4"].read_bytes()
            path.write_bytes(data[: len(data) // 2])
        elif name == "without_end.mp4":
            ffmpeg("-i", self["plain.mp4"], "-c", "copy", self._folder / "late_index.mp4")
            path.write_bytes((self._folder / "late_index.mp4").read_bytes()[:-500])
        elif name == "long.mp4":
            ffmpeg(
                *("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=12"),
                *("-c:v", "mpeg4", "-q:v", "8", path),
            )
        elif name == "empty.mp4":
            path.write_bytes(b"")
        elif name == "noise.mp4":
            path.write_bytes(bytes(number * 7919 % 251 for number in range(5000)))
        elif name == "playlist.m3u8":
            path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{plain}\n#EXT-X-ENDLIST\n")
        elif name == "script.ffconcat":
            path.write_text(f"ffconcat version 1.0\nfile '{plain}'\n")
        else:
            ffmpeg(*RECIPES[name], path)


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)
