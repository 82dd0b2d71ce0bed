"""Asking the inspecting process, which is kept running because starting it takes longer than asking it."""

import contextlib
import json
import selectors
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_mux.ffmpeg import die_with_parent

TIMEOUT_SECONDS = 60.0
_CODE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Video:
    index: int
    codec: str
    profile: str | None
    pixel_format: str
    width: int
    height: int
    sample_aspect_ratio: float
    rotation: int
    interlaced: bool
    average_frame_rate: float | None
    base_frame_rate: float | None
    steady: bool
    keyframes_far_apart: bool
    duration: float | None


@dataclass(frozen=True)
class Audio:
    index: int
    codec: str
    profile: str | None
    channels: int
    layout: str
    sample_rate: int
    duration: float | None


@dataclass(frozen=True)
class Input:
    """What a media file holds."""

    container_format: str
    duration: float | None
    """Seconds, as the container states it; None where it does not."""
    video: Video | None
    audio: Audio | None


class NotMediaError(Exception):
    """The file cannot be used; the message is for the log."""


class Inspector:
    """One process, asked by one thread at a time, started anew after a crash or a hang."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def warm_up(self) -> None:
        """Start the process ahead of the first question."""
        with self._lock:
            self._running()

    def look_into(self, path: Path) -> Input:
        """Describe a media file.

        :raises NotMediaError: if it is none, is cut off, or kills its reader.
        """
        with self._lock:
            answer = self._ask(path)
        if "problem" in answer:
            raise NotMediaError(answer["problem"])
        video, audio = answer.pop("video"), answer.pop("audio")
        return Input(**answer, video=Video(**video) if video else None, audio=Audio(**audio) if audio else None)

    def stop(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()

    def _ask(self, path: Path) -> dict[str, Any]:
        process = self._running()
        line = ""
        if process.stdin and process.stdout:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(str(path)) + "\n")
                process.stdin.flush()
                line = process.stdout.readline() if _has_answer(process) else ""
        if not line:
            self._end(process)
            return {"problem": "the inspecting process crashed or hung on it"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [*die_with_parent(), sys.executable, "-m", "local_mux.encoding.inspect_file"],
                cwd=_CODE,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
        return self._process

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.communicate()
        self._process = None


def _has_answer(process: subprocess.Popen[str]) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout or 0, selectors.EVENT_READ)
        return bool(selector.select(TIMEOUT_SECONDS))
