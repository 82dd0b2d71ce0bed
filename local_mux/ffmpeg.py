"""Starting ffmpeg so that it can neither outlive the server nor read what it should not."""

import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

CONTAINERS = (
    "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,mxf,gxf,dv,h264,hevc,av1,ivf,rm,nut,"
    "wav,w64,mp3,flac,ogg,aac,ac3,eac3,aiff,caf,amr,ape,wv,tta,dts,au,3gp"
)
"""The demuxers that may be used. Playlists and scripts (hls, dash, concat, …) could name other files."""


class FfmpegFailedError(Exception):
    """ffmpeg gave up; the message is the last thing it said."""


class FfmpegKilledError(Exception):
    """ffmpeg was ended from outside, which says nothing about its input."""


class Ffmpeg:
    """Runs ffmpeg processes and can end all of them at once."""

    def __init__(self) -> None:
        self._prefix = [*die_with_parent(), get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y"]
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopping = False

    def run(self, arguments: Sequence[str | Path]) -> None:
        """Run ffmpeg to its end.

        :raises FfmpegFailedError: if it could not do it.
        """
        for _line in self.lines(arguments):
            pass

    def lines(self, arguments: Sequence[str | Path]) -> Iterator[str]:
        """Run ffmpeg and yield what it prints, line by line, until it has succeeded.

        :raises FfmpegFailedError: if it could not do it.
        """
        with self._process(arguments) as process:
            complaints: list[str] = []
            reader = threading.Thread(target=_collect, args=(process, complaints), daemon=True)
            reader.start()
            if process.stdout:
                yield from process.stdout
            process.wait()
            reader.join()
        if process.returncode < 0 or self._stopping:
            raise FfmpegKilledError(f"ffmpeg was ended by signal {-process.returncode}")
        if process.returncode:
            raise FfmpegFailedError(complaints[-1] if complaints else f"exit code {process.returncode}")

    def stop(self) -> None:
        """End every ffmpeg and start no more."""
        with self._lock:
            self._stopping = True
            running = list(self._running)
        for process in running:
            process.kill()

    @contextmanager
    def _process(self, arguments: Sequence[str | Path]) -> Iterator[subprocess.Popen[str]]:
        with self._lock:
            if self._stopping:
                raise FfmpegKilledError("the server is stopping")
            process = subprocess.Popen(
                [*self._prefix, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                # Ctrl-C at the terminal is for the server; ffmpeg taking it too would look like a bad input.
                start_new_session=True,
            )
            self._running.add(process)
        try:
            with process:
                try:
                    yield process
                finally:
                    if process.poll() is None:
                        process.kill()
        finally:
            with self._lock:
                self._running.discard(process)


def untrusted_input(path: Path) -> list[str]:
    """Return the arguments that name an input which came from outside."""
    return ["-protocol_whitelist", "file", "-format_whitelist", CONTAINERS, "-i", str(path)]


def own_stream(path: Path, *, start_seconds: float = 0.0) -> list[str]:
    """Return the arguments that name a stream this server made, from a moment on."""
    return ["-ss", f"{start_seconds:.3f}", "-protocol_whitelist", "file", "-i", str(path)]


def die_with_parent() -> list[str]:
    """Let Linux end a child when its parent is killed outright; elsewhere an orphan runs to its end, harmlessly."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _collect(process: subprocess.Popen[str], complaints: list[str]) -> None:
    for line in process.stderr or ():
        complaints.append(line.strip())
        del complaints[:-20]
