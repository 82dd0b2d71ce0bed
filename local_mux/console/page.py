"""The page on which a person watches what Mux would be doing."""

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from local_mux.clock import now
from local_mux.console.blueprint import console
from local_mux.context import Context
from local_mux.errors import NotFoundError
from local_mux.faults import Faults, current_faults
from local_mux.models.asset import READY, Asset
from local_mux.models.upload import ASSET_CREATED, Upload
from local_mux.models.webhook import Delivery
from local_mux.playback import darkroom
from local_mux.playback.blueprint import file
from local_mux.playback.picture_options import ThumbnailOptions
from local_mux.uploads import expire_uploads

SHOWN_UPLOADS = 6
SHOWN_ASSETS = 8
SHOWN_DELIVERIES = 25
THUMBNAIL_WIDTH = 320


@dataclass(frozen=True)
class UploadRow:
    """An upload and how much of it has arrived."""

    upload: Upload
    received_bytes: int

    @property
    def percent(self) -> float | None:
        """Share of the file that is here; None while its size is unknown."""
        total = self.upload.total_bytes
        return min(100.0, 100 * self.received_bytes / total) if total else None


@console.get("/")
def show_page() -> str:
    return render_template("page.html", settings=Context.current().settings, **_rows())


@console.get("/_local/state")
def show_state() -> str:
    """Return the part of the page that changes, for the script that refreshes it."""
    return render_template("_state.html", **_rows())


@console.get("/_local/assets/<asset_id>/thumbnail.jpg")
def show_thumbnail(asset_id: str) -> Response:
    """Show a picture of an asset without a token, to the person at this machine."""
    with Context.current().database.reading() as session:
        asset = session.get(Asset, asset_id)
    if asset is None or asset.status != READY:
        raise NotFoundError
    options = ThumbnailOptions.read({"width": THUMBNAIL_WIDTH}, asset.duration or 0.0)
    return file(darkroom.thumbnail(asset, options, "jpg"), "image/jpeg", "private, max-age=3600")


@console.get("/favicon.ico")
def show_icon() -> Response:
    return redirect(url_for("static", filename="icon.svg"), 301)


@console.app_template_filter("bytes")
def format_bytes(number: int) -> str:
    """Write a size as people read it: `1.5 MB`, in steps of a thousand."""
    size = float(number)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004 - the step of the units
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"


@console.app_template_filter("duration")
def format_duration(seconds: float) -> str:
    """Write a length as a clock does: `1:05`, `2:00:00`; below a minute with a tenth: `4.2 s`."""
    if seconds < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@console.app_template_filter("words")
def format_words(name: str) -> str:
    """Write a status as words: `asset_created` becomes `asset created`."""
    return name.replace("_", " ")


def _rows() -> dict[str, Any]:
    context = Context.current()
    expire_uploads(context.database, context.storage)
    with context.database.reading() as session:
        uploads = session.scalars(select(Upload).order_by(Upload.created_at.desc()).limit(SHOWN_UPLOADS)).all()
        assets = session.scalars(select(Asset).order_by(Asset.created_at.desc()).limit(SHOWN_ASSETS)).all()
        deliveries = session.scalars(select(Delivery).order_by(Delivery.position.desc()).limit(SHOWN_DELIVERIES)).all()
        faults = current_faults(session)
    return {
        "uploads": [UploadRow(upload, _received_bytes(upload)) for upload in uploads],
        "assets": assets,
        "deliveries": deliveries,
        "faults": _words(faults),
        "moment": now(),
    }


def _received_bytes(upload: Upload) -> int:
    if upload.status == ASSET_CREATED:
        return upload.total_bytes or 0
    return Context.current().storage.received_bytes(upload.id)


def _words(faults: Faults) -> list[str]:
    """Say in words which faults are on."""
    webhooks, api = faults.webhooks, faults.api
    shortest, longest = webhooks.delay_seconds
    said = {
        f"{webhooks.drop:.0%} of webhooks get lost": webhooks.drop,
        f"every webhook is sent {webhooks.duplicate + 1} times": webhooks.duplicate,
        f"webhooks are {shortest:g} to {longest:g} s late": longest,
        "webhooks come out of order": webhooks.shuffle,
        "forged webhooks are sent too": webhooks.forge,
        f"API calls take {api.latency_seconds:g} s longer": api.latency_seconds,
        f"the next {api.fail_next} API calls fail with {api.status}": api.fail_next,
    }
    return [words for words, is_on in said.items() if is_on]
