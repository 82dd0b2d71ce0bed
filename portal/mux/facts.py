"""What Mux says about an upload or an asset, in one form whether it came by webhook or was asked for."""

import enum
from dataclasses import dataclass
from typing import Any


class Fact(enum.StrEnum):
    """The things that can become true of an attempt to upload a video."""

    UPLOAD_ERRORED = "upload_errored"
    UPLOAD_CANCELLED = "upload_cancelled"
    UPLOAD_TIMED_OUT = "upload_timed_out"  # Mux sends no event for this one: it is only ever asked for
    ASSET_CREATED = "asset_created"
    ASSET_READY = "asset_ready"
    ASSET_ERRORED = "asset_errored"
    ASSET_DELETED = "asset_deleted"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Mux's own reason for a failure: a short type and a sentence."""

    type: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """One fact with all that Mux said along with it; whatever it left out is None."""

    fact: Fact
    upload_id: str | None = None
    asset_id: str | None = None
    passthrough: str | None = None
    playback_id: str | None = None
    is_signed: bool = False
    duration_seconds: float | None = None
    fault: Fault | None = None


@dataclass(frozen=True, kw_only=True)
class DirectUpload:
    """A direct upload as Mux describes it. `url` is there only while bytes may be sent."""

    id: str
    status: str
    url: str | None = None
    asset_id: str | None = None
    timeout_seconds: int | None = None
    fault: Fault | None = None


def asset_report(asset: dict[str, Any]) -> Report:
    """What an asset object of Mux's, by REST or in an event, says about its attempt.

    Raises ValueError for an object without an id or with a status that Mux does not document.
    """
    facts = {"preparing": Fact.ASSET_CREATED, "ready": Fact.ASSET_READY, "errored": Fact.ASSET_ERRORED}
    fact, asset_id = facts.get(asset.get("status") or ""), asset.get("id")
    if fact is None or not isinstance(asset_id, str):
        raise ValueError("an asset without an id or with an unknown status")
    playback_id, is_signed = _best_playback_id(asset.get("playback_ids") or [])
    return Report(
        fact=fact,
        asset_id=asset_id,
        upload_id=asset.get("upload_id"),
        passthrough=asset.get("passthrough"),
        playback_id=playback_id,
        is_signed=is_signed,
        duration_seconds=asset.get("duration"),
        fault=_asset_fault(asset.get("errors")) if fact is Fact.ASSET_ERRORED else None,
    )


def _best_playback_id(playback_ids: list[dict[str, Any]]) -> tuple[str | None, bool]:
    """Signed before public: where an asset has both, the one that needs a token is the one to use."""
    for policy in ("signed", "public"):
        for entry in playback_ids:
            if entry.get("policy") == policy and entry.get("id"):
                return entry["id"], policy == "signed"
    return None, False


def _asset_fault(errors: dict[str, Any] | None) -> Fault:
    messages = (errors or {}).get("messages") or ["Mux could not process the video and gave no reason."]
    return Fault(type=str((errors or {}).get("type") or "unknown"), message=str(messages[0]))
