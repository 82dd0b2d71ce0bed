"""The encoder: takes assets that are preparing, oldest first, as many at once as there are cores.

The queue is the database itself, so work cut off by a restart is found and done again.
"""

import logging
import os
import threading
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from local_mux.assets import INVALID_INPUT, mark_errored, mark_progress, mark_ready
from local_mux.context import Context
from local_mux.encoding.description import describe, describe_input
from local_mux.encoding.download import DownloadError, download
from local_mux.encoding.inspector import Inspector, NotMediaError
from local_mux.encoding.plan import Plan, make_plan
from local_mux.encoding.stream import Variant, read_variant
from local_mux.ffmpeg import FfmpegFailedError, FfmpegKilledError
from local_mux.models.asset import PREPARING, Asset

IDLE_SECONDS = 60.0
PROGRESS_EVERY_SECONDS = 0.5
ENDED_FROM_OUTSIDE_LIMIT = 3
_MICROSECONDS = 1_000_000
_LEAST_SHARE = 0.9
"""A stream shorter than this part of what the container promised comes from a file that is cut off."""

_log = logging.getLogger(__name__)


class Encoder:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._inspector = Inspector()
        self._stopping = threading.Event()
        self._claims = threading.Lock()
        self._claimed: set[str] = set()
        self._ended_from_outside: Counter[str] = Counter()
        self._threads = [
            threading.Thread(target=self._work, name=f"encoder-{number}", daemon=True)
            for number in range(os.cpu_count() or 1)
        ]

    def start(self) -> None:
        self._inspector.warm_up()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the running encodings; they begin anew at the next start."""
        self._stopping.set()
        self._inspector.stop()
        self._context.database.wake()

    def _work(self) -> None:
        database = self._context.database
        while not self._stopping.is_set():
            seen = database.calls
            asset = self._claim()
            if asset is None:
                database.wait_for_call(seen, IDLE_SECONDS)
                continue
            try:
                self._prepare(asset)
            except Exception:  # noqa: BLE001 - whatever fails here, the thread must take the next asset
                _log.exception("asset %s: the encoder failed", asset.id)
                self._give_up(asset, ["The local Mux failed; its log says why."], "internal_error")
            finally:
                with self._claims:
                    self._claimed.discard(asset.id)

    def _claim(self) -> Asset | None:
        """Take the oldest asset nobody works on yet."""
        with self._claims, self._context.database.reading() as session:
            query = select(Asset).where(Asset.status == PREPARING, Asset.id.not_in(self._claimed))
            asset = session.scalars(query.order_by(Asset.created_at, Asset.id).limit(1)).first()
            if asset:
                self._claimed.add(asset.id)
            return asset

    def _prepare(self, asset: Asset) -> None:
        try:
            source = self._source(asset)
            self._encode(asset, source)
        except DownloadError as error:
            self._give_up(asset, [str(error)], "download_failed")
        except (NotMediaError, FfmpegFailedError, ValueError) as error:
            if self._stopping.is_set():
                return
            _log.info("asset %s: not usable (%s)", asset.id, error)
            self._give_up(asset, [INVALID_INPUT], "invalid_input")
        except FfmpegKilledError:
            self._ended_from_outside[asset.id] += 1
            if not self._stopping.is_set() and self._ended_from_outside[asset.id] >= ENDED_FROM_OUTSIDE_LIMIT:
                self._give_up(asset, [INVALID_INPUT], "invalid_input")

    def _source(self, asset: Asset) -> Path:
        """Return the input file, fetching it first if it was given as a URL."""
        storage = self._context.storage
        if asset.upload_id:
            return storage.upload(asset.upload_id)
        target = storage.download(asset.id)
        if not target.exists():
            with storage.making(target) as workspace:
                download(asset.settings["inputs"][0]["url"], workspace / target.name)
        return target

    def _encode(self, asset: Asset, source: Path) -> None:
        found = self._inspector.look_into(source)
        plan = make_plan(found, asset.settings)
        target = self._context.storage.stream(asset.id)
        with self._context.storage.making(target) as workspace:
            variant = self._write_stream(asset, plan, source, workspace / target.name)
        with self._context.database.writing() as session:
            current = session.get(Asset, asset.id)
            if current:
                current.input_file = describe_input(found)
                mark_ready(session, current, describe(plan, variant))
        source.unlink(missing_ok=True)
        _log.info("asset %s: ready, %.1f s of video", asset.id, variant.duration_seconds)

    def _write_stream(self, asset: Asset, plan: Plan, source: Path, folder: Path) -> Variant:
        folder.mkdir()
        try:
            self._run(asset, plan, source, folder)
            variant = read_variant(folder, plan)
        except (FfmpegFailedError, ValueError):
            if not (plan.copies_video or plan.copies_audio):
                raise
            _log.info("asset %s: copying did not work, encoding instead", asset.id)
            plan = plan.encoding_everything()
            self._run(asset, plan, source, folder)
            variant = read_variant(folder, plan)
        promised = min(plan.source.duration or 0.0, plan.longest_seconds or float("inf"))
        if variant.duration_seconds < promised * _LEAST_SHARE - 1:
            raise NotMediaError(f"only {variant.duration_seconds:.1f} s of {promised:.1f} s are there")
        variant.save(folder)
        return variant

    def _run(self, asset: Asset, plan: Plan, source: Path, folder: Path) -> None:
        """Run ffmpeg and keep the asset's progress true while it works."""
        self._note_progress(asset, 0.0, plan)
        due_at = time.monotonic() + PROGRESS_EVERY_SECONDS
        for line in self._context.ffmpeg.lines(plan.arguments(source, folder)):
            name, _, value = line.strip().partition("=")
            if name != "out_time_us" or not value.isdigit() or time.monotonic() < due_at:
                continue
            due_at = time.monotonic() + PROGRESS_EVERY_SECONDS
            self._note_progress(asset, int(value) / _MICROSECONDS, plan)

    def _note_progress(self, asset: Asset, done_seconds: float, plan: Plan) -> None:
        total_seconds = plan.longest_seconds or plan.source.duration
        percent = min(99.0, 100 * done_seconds / total_seconds) if total_seconds else 0.0
        with self._context.database.writing(is_quiet=True) as session:
            current = session.get(Asset, asset.id)
            if current and current.status == PREPARING:
                mark_progress(current, "transcoding", percent)

    def _give_up(self, asset: Asset, messages: list[str], error_type: str) -> None:
        with self._context.database.writing() as session:
            current = session.get(Asset, asset.id)
            if current:
                mark_errored(session, current, messages, error_type)
        storage = self._context.storage
        (storage.upload(asset.upload_id) if asset.upload_id else storage.download(asset.id)).unlink(missing_ok=True)
