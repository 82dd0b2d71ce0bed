"""A note of the webhooks that were refused, in a small file: a refusal is answered before the database is touched.

Each process counts what it has refused and writes now and then. The file tells for every reason when the last one was.
"""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import structlog
from flask import current_app

FILE = "webhook-refusals.json"
FILE_MAX_BYTES = 64 * 1024
WRITTEN_EVERY_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """The last refusal for a reason; `seen` is how many of them the process had seen that wrote it down."""

    at: datetime
    reason: str
    seen: int


def current_refusals() -> "WebhookRefusals":
    """The notes of the application at work."""
    return cast("WebhookRefusals", current_app.extensions["webhook_refusals"])


class WebhookRefusals:
    """The notes of one process, and what all of them have written into the same folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lock = threading.Lock()
        self._seen: dict[str, Refusal] = {}
        self._written = float("-inf")

    def note(self, reason: str, at: datetime) -> None:
        """Keep one refusal. The reasons are few and our own words. Whatever fails here is logged and no more."""
        with self._lock:
            before = self._seen.get(reason)
            self._seen[reason] = Refusal(at=at, reason=reason, seen=before.seen + 1 if before else 1)
            now = time.monotonic()
            if now - self._written < WRITTEN_EVERY_SECONDS:
                return
            self._written = now
            try:
                self._write()
            except OSError as error:
                log.warning("webhook.refusal_not_noted", reason=f"{type(error).__name__}: {error.strerror}")

    def read(self) -> list[Refusal]:
        """The last refusal for each reason, the latest first; nothing where the file is missing or broken."""
        return sorted(_newest(self._written_down(), self._seen).values(), key=lambda each: each.at, reverse=True)

    def _written_down(self) -> dict[str, Refusal]:
        try:
            with self._file.open("rb") as stream:
                notes = json.loads(stream.read(FILE_MAX_BYTES))
            return {each.reason: each for each in map(_refusal, notes)}
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            return {}

    def _write(self) -> None:
        """Others write the same file: each adds what is newer, and puts a whole file in the place of the last."""
        notes = [
            {"at": each.at.isoformat(), "reason": each.reason, "seen": each.seen}
            for each in _newest(self._written_down(), self._seen).values()
        ]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(notes))
        unfinished.replace(self._file)


def _newest(written: Mapping[str, Refusal], seen: Mapping[str, Refusal]) -> dict[str, Refusal]:
    kept = dict(written)
    for reason, refusal in list(seen.items()):
        if reason not in kept or kept[reason].at <= refusal.at:
            kept[reason] = refusal
    return kept


def _refusal(note: dict[str, Any]) -> Refusal:
    at = datetime.fromisoformat(note["at"])
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return Refusal(at=at, reason=str(note["reason"])[:200], seen=int(note["seen"]))
