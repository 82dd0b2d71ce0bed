"""What the local Mux has in the end, by its own API, and by a look into its deliveries."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.models import Status
from tests.chaos.site import Site

PAGE = 100
REFUSED = 401


@dataclass(frozen=True)
class UploadAtMux:
    id: str
    status: str
    asset_id: str | None
    passthrough: str | None


@dataclass(frozen=True)
class AssetAtMux:
    id: str
    status: str
    playback_id: str | None
    duration: float | None
    passthrough: str | None

    @property
    def whole_seconds(self) -> int | None:
        return None if self.duration is None else round(self.duration)


@dataclass
class MuxTruth:
    uploads: dict[str, UploadAtMux]
    assets: dict[str, AssetAtMux]
    forged: int
    forged_that_were_accepted: list[str]

    @classmethod
    def ask(cls, site: Site) -> "MuxTruth":
        forged = [each for each in _all(site, "/_local/deliveries") if each["forged"]]
        answers = {
            each["id"]: {attempt["statusCode"] for attempt in each["attempts"]} - {None, REFUSED} for each in forged
        }
        return cls(
            uploads={each["id"]: _upload(each) for each in _all(site, "/video/v1/uploads")},
            assets={each["id"]: _asset(each) for each in _all(site, "/video/v1/assets")},
            forged=len(forged),
            forged_that_were_accepted=[f"{name} {statuses}" for name, statuses in answers.items() if statuses],
        )

    @property
    def is_at_work(self) -> bool:
        return any(asset.status == "preparing" for asset in self.assets.values())

    def leads_to(self, upload: UploadAtMux) -> Status:
        """The status that a programme has by an upload, as long as nothing else plays."""
        if upload.status == "waiting":
            return Status.AWAITING_UPLOAD
        asset = self.assets.get(upload.asset_id or "")
        if asset is None:
            return Status.ERRORED
        of_asset = {"preparing": Status.PROCESSING, "ready": Status.READY, "errored": Status.ERRORED}
        return of_asset[asset.status]


def pending_deliveries(site: Site) -> int:
    """How many webhooks are still to come; read from the file, as counting them page by page takes long."""
    with closing(_state(site)) as state:
        return int(state.execute("SELECT count(*) FROM delivery WHERE status = 'pending'").fetchone()[0])


def let_time_run_out(site: Site, upload_ids: list[str]) -> None:
    """A day and more passes for these uploads, as Mux sees it."""
    long_ago = (datetime.now(UTC) - timedelta(days=8)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(_state(site)) as state, state:
        state.executemany("UPDATE upload SET created_at = ? WHERE id = ?", [(long_ago, each) for each in upload_ids])


def _state(site: Site) -> sqlite3.Connection:
    return sqlite3.connect(site.instance / "mux" / "state.sqlite3", timeout=30)


def _all(site: Site, path: str) -> Iterator[dict[str, Any]]:
    page, found = 1, list[Any]()
    while page == 1 or len(found) == PAGE:
        found = site.mux("GET", f"{path}?limit={PAGE}&page={page}")["data"]
        yield from found
        page += 1


def _upload(data: dict[str, Any]) -> UploadAtMux:
    settings = data.get("new_asset_settings") or {}
    return UploadAtMux(data["id"], data["status"], data.get("asset_id"), settings.get("passthrough"))


def _asset(data: dict[str, Any]) -> AssetAtMux:
    playback_ids = data.get("playback_ids") or [{}]
    return AssetAtMux(
        data["id"], data["status"], playback_ids[0].get("id"), data.get("duration"), data.get("passthrough")
    )
