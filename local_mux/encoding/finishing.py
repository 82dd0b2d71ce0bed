"""Work after an asset is ready: subtitles, static renditions, the master file. One thread, oldest first."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from local_mux.assets import UNSPOKEN, settle_track
from local_mux.context import Context
from local_mux.encoding.download import DownloadError, download
from local_mux.encoding.plan import PLAYLIST
from local_mux.encoding.subtitles import SubtitlesError, to_webvtt
from local_mux.ffmpeg import FfmpegFailedError, FfmpegKilledError, own_stream
from local_mux.models.asset import ERRORED, PREPARING, READY, Asset, StaticRendition, Track
from local_mux.static_names import height_limit, is_audio
from local_mux.webhooks.outbox import record_asset, record_static_rendition

IDLE_SECONDS = 60.0
SUBTITLES_LIMIT_BYTES = 10_000_000
_BITS = 8
Row = TypeVar("Row", Track, StaticRendition)

_log = logging.getLogger(__name__)


class Finisher:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="finisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._context.database.wake()

    def _work(self) -> None:
        database = self._context.database
        while not self._stopping.is_set():
            seen = database.calls
            try:
                job = self._next()
                if job:
                    job()
                    continue
            except FfmpegKilledError:
                continue
            except Exception:  # noqa: BLE001 - whatever fails here, the thread must live for the next job
                _log.exception("finishing an asset failed")
            database.wait_for_call(seen, IDLE_SECONDS)

    def _next(self) -> Callable[[], None] | None:
        with self._context.database.reading() as session:
            if track := session.scalars(_pending(Track)).first():
                return lambda: self._make_track(track)
            if rendition := session.scalars(_pending(StaticRendition)).first():
                return lambda: self._make_static_rendition(rendition)
            master = select(Asset).where(Asset.master_status == PREPARING, Asset.status == READY)
            if asset := session.scalars(master).first():
                return lambda: self._make_master(asset)
        return None

    def _make_track(self, track: Track) -> None:
        error = UNSPOKEN if track.text_source == "generated_vod" else self._fetch_subtitles(track)
        with self._context.database.writing() as session:
            current = session.get(Track, track.position)
            if current:
                settle_track(session, current, error=error)

    def _fetch_subtitles(self, track: Track) -> str | None:
        """Fetch a subtitle file and return what was wrong with it, or None."""
        target = self._context.storage.derived(track.asset_id, f"{track.id}.vtt")
        try:
            with self._context.storage.making(target) as workspace:
                fetched = workspace / "fetched"
                download(track.url or "", fetched, limit_bytes=SUBTITLES_LIMIT_BYTES)
                (workspace / target.name).write_text(to_webvtt(fetched.read_bytes()), encoding="utf-8")
        except (DownloadError, SubtitlesError) as error:
            return str(error)
        return None

    def _make_static_rendition(self, rendition: StaticRendition) -> None:
        target = self._context.storage.derived(rendition.asset_id, rendition.name)
        done = self._remux(rendition.asset, target, _conversion(rendition))
        with self._context.database.writing() as session:
            current = session.get(StaticRendition, rendition.position)
            if current:
                _settle_rendition(session, current, target if done else None)

    def _make_master(self, asset: Asset) -> None:
        target = self._context.storage.derived(asset.id, "master.mp4")
        done = self._remux(asset, target, ["-c", "copy"])
        with self._context.database.writing() as session:
            current = session.get(Asset, asset.id)
            if current and current.master_status == PREPARING:
                current.master_status = READY if done else ERRORED
                record_asset(session, f"video.asset.master.{current.master_status}", current)

    def _remux(self, asset: Asset, target: Path, conversion: list[str]) -> bool:
        """Write the stream into one file and tell whether that worked."""
        source = own_stream(self._context.storage.stream(asset.id) / PLAYLIST)
        try:
            with self._context.storage.making(target) as workspace:
                made = workspace / target.name
                self._context.ffmpeg.run([*source, *conversion, "-movflags", "+faststart", "-f", "mp4", made])
        except FfmpegFailedError as error:
            _log.warning("asset %s: %s could not be made (%s)", asset.id, target.name, error)
            return False
        return True


def _pending(kind: type[Row]) -> Select[Row]:
    """Find what is ordered and can be made, in the order it was ordered."""
    return select(kind).join(Asset).where(kind.status == PREPARING, Asset.status == READY).order_by(kind.position)


def _conversion(rendition: StaticRendition) -> list[str]:
    """Return how the picture changes; one that is small enough already is copied."""
    if is_audio(rendition.name):
        return ["-vn", "-c:a", "copy"]
    asset, limit = rendition.asset, height_limit(rendition.name)
    width, height = asset.width or 0, asset.height or 0
    if limit is None or min(width, height) <= limit:
        return ["-c", "copy"]
    scale = f"scale=-2:{limit}" if width >= height else f"scale={limit}:-2"
    return ["-vf", scale, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-c:a", "copy"]


def _settle_rendition(session: Session, rendition: StaticRendition, made: Path | None) -> None:
    rendition.status = READY if made else ERRORED
    if made:
        asset, limit = rendition.asset, height_limit(rendition.name) if not is_audio(rendition.name) else None
        rendition.filesize = made.stat().st_size
        rendition.bitrate = round(rendition.filesize * _BITS / (asset.duration or 1.0))
        if not is_audio(rendition.name) and asset.width and asset.height:
            shrink = min(1.0, (limit or asset.height) / min(asset.width, asset.height)) if limit else 1.0
            rendition.width, rendition.height = round(asset.width * shrink), round(asset.height * shrink)
    record_static_rendition(session, f"video.asset.static_rendition.{rendition.status}", rendition)
