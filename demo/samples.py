"""Three sample programmes, drawn by ffmpeg and sent the way every programme goes: API, upload, webhook."""

import json
import subprocess
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import urllib3

COACHES = ("coach@example.com", "coach2@example.com")
LENGTH_SECONDS = 20
READY_WITHIN_SECONDS = 180


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A programme and how its picture and its three soft tones (in Hz) are made."""

    name: str
    coach: str
    title: str
    description: str
    tags: tuple[str, ...]
    picture: tuple[str, ...]  # ffmpeg sources
    mix: str  # how the sources become the picture [v]
    tones_hz: tuple[float, float, float]
    is_premium: bool = False
    is_featured: bool = False


class SampleError(Exception):
    """A sample could not be brought in; the message says at which step."""


def _gradient(colours: tuple[str, ...], shape: str, speed: float, seed: int) -> str:
    stops = ":".join(f"c{index}={colour}" for index, colour in enumerate(colours))
    return (
        f"gradients=s=320x180:r=25:d={LENGTH_SECONDS}:{stops}:n={len(colours)}:type={shape}:speed={speed}:seed={seed}"
    )


SAMPLES = (
    Sample(
        name="breathing",
        coach=COACHES[0],
        title="Breathe: a short reset between meetings",
        description=(
            "Three slow rounds that bring the shoulders down and the mind back.\n\n"
            "Sit upright, both feet on the floor. Breathe in while the light grows, out while it fades."
        ),
        tags=("breathing", "focus", "beginners"),
        picture=(_gradient(("0x0b2a3a", "0x2f7d7e", "0xf2d8a7", "0xe07a5f"), "spiral", 0.012, 7),),
        mix="[0:v]scale=1280:720:flags=bicubic[v]",
        tones_hz=(220.0, 277.18, 329.63),
        is_featured=True,
    ),
    Sample(
        name="night-sky",
        coach=COACHES[1],
        title="Reading the night sky",
        description="How to find your way among the stars with nothing but your eyes and ten patient minutes.",
        tags=("astronomy", "beginners"),
        picture=(
            _gradient(("0x050b1f", "0x14285a", "0x3b2a63"), "radial", 0.006, 3),
            "life=s=320x180:mold=14:r=12:ratio=0.06:seed=11:death_color=0x2a4b8d:life_color=0xfff3d6:mold_color=black",
        ),
        mix=(
            "[1:v]fps=25,gblur=sigma=0.7,format=gbrp[stars];[0:v]format=gbrp[sky];"
            "[sky][stars]blend=all_mode=screen,scale=1280:720:flags=bicubic[v]"
        ),
        tones_hz=(146.83, 220.0, 293.66),
    ),
    Sample(
        name="evening-light",
        coach=COACHES[0],
        title="Painting with evening light",
        description="A premium class about warm colours: why they glow next to violet, and how to keep them clean.",
        tags=("painting", "colour"),
        picture=(_gradient(("0x2b1b3d", "0xb23a48", "0xf4a261", "0xffe8c2"), "linear", 0.008, 21),),
        mix="[0:v]scale=1280:720:flags=bicubic[v]",
        tones_hz=(196.0, 246.94, 293.66),
        is_premium=True,
    ),
)


def bring_in(sample: Sample, *, portal: str, password: str, folder: Path, http: urllib3.PoolManager) -> None:
    """Draw a sample and send it; begun again after a stop, it goes on with the programme it made before."""
    video = draw(sample, folder)
    credentials = {"email": sample.coach, "password": password}
    token = _call(http, "POST", f"{portal}/auth/token", credentials)["accessToken"]
    bearer = {"Authorization": f"Bearer {token}"}
    made = _call(
        http,
        "POST",
        f"{portal}/programme/create-upload-url",
        {"title": sample.title},
        {**bearer, "Idempotency-Key": f"sample {sample.name}"},
    )
    with video.open("rb") as file:
        headers = {"Content-Type": "video/mp4", "Content-Length": str(video.stat().st_size)}
        answer = http.request("PUT", made["uploadUrl"], body=file, headers=headers)
    if answer.status != HTTPStatus.OK:
        raise SampleError(f"sending {sample.title} was answered {answer.status}")
    words = {
        "productId": made["productId"],
        "description": sample.description,
        "tags": list(sample.tags),
        "isPremium": sample.is_premium,
        "isFeatured": sample.is_featured,
    }
    _call(http, "PATCH", f"{portal}/programme/metadata", words, bearer)
    _wait_until_ready(http, f"{portal}/programme/{made['productId']}", bearer)


def draw(sample: Sample, folder: Path) -> Path:
    """The sample's video, drawn once; a drawing that was interrupted leaves no half file."""
    folder.mkdir(parents=True, exist_ok=True)
    video, unfinished = folder / f"{sample.name}.mp4", folder / f"{sample.name}.part.mp4"
    if video.exists():
        return video
    low, middle, high = sample.tones_hz
    sound = (
        f"aevalsrc=0.10*sin(2*PI*{low}*t)*(0.6+0.4*sin(2*PI*t/8))+0.07*sin(2*PI*{middle}*t)*(0.6+0.4*sin(2*PI*t/6))"
        f"+0.05*sin(2*PI*{high}*t):d={LENGTH_SECONDS}:s=44100,afade=in:d=2,afade=out:st={LENGTH_SECONDS - 3}:d=3"
    )
    sources = [part for source in (*sample.picture, sound) for part in ("-f", "lavfi", "-i", source)]
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *sources),
            *("-filter_complex", sample.mix, "-map", "[v]", "-map", f"{len(sample.picture)}:a"),
            *("-t", str(LENGTH_SECONDS), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20"),
            *("-pix_fmt", "yuv420p", "-g", "50", "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"),
            str(unfinished),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return unfinished.rename(video)


def _wait_until_ready(http: urllib3.PoolManager, address: str, headers: dict[str, str]) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        programme = _call(http, "GET", address, headers=headers)
        if programme["status"] == "ready":
            return
        if programme["status"] == "errored":
            raise SampleError(f"{programme['title']} failed: {programme['error']}")
        time.sleep(0.3)
    raise SampleError(f"{address} was not ready within {READY_WITHIN_SECONDS} seconds")


def _call(
    http: urllib3.PoolManager,
    method: str,
    url: str,
    body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    answer = http.request(method, url, json=body, headers=headers or {})
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise SampleError(f"{method} {url} was answered {answer.status}: {answer.data[:500]!r}")
    return dict(json.loads(answer.data))
