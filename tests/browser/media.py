"""Real video files, made by ffmpeg once for each run."""

import subprocess
from pathlib import Path

import imageio_ffmpeg


def make_video(file: Path, *arguments: str, seconds: float = 6, size: str = "640x360") -> Path:
    """A moving test picture with a tone; `arguments` choose the codecs."""
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"),
            *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={seconds}"),
            *("-f", "lavfi", "-i", f"sine=f=440:d={seconds}"),
            *arguments,
            str(file),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return file


H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "5", "-c:a", "aac")
