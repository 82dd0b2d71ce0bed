"""What Mux says about an upload or an asset, in one form whether it came by webhook or was asked for."""

import enum
from dataclasses import dataclass
from typing import Any, TypeGuard

NAME_MAX_CHARACTERS = 255  # the width of our columns
FAULT_MAX_CHARACTERS = 2000
DURATION_MAX_SECONDS = 10**7
TIMEOUT_MAX_SECONDS = 10**7


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
    """One fact with all that Mux said along with it; whatever it left out is None.

    Raises ValueError for ids that are not short strings and lengths that are no lengths: none reaches the database.
    """

    fact: Fact
    upload_id: str | None = None
    asset_id: str | None = None
    passthrough: str | None = None
    playback_id: str | None = None
    is_signed: bool = False
    duration_seconds: float | None = None
    fault: Fault | None = None

    def __post_init__(self) -> None:
        for value in (self.upload_id, self.asset_id, self.passthrough, self.playback_id):
            if value is not None and not is_name(value):
                raise ValueError("an id is not a short string")
        if self.duration_seconds is not None and not _is_number(self.duration_seconds, DURATION_MAX_SECONDS):
            raise ValueError("the duration is not a number of seconds")


@dataclass(frozen=True, kw_only=True)
class DirectUpload:
    """A direct upload as Mux describes it. `url` is there only while bytes may be sent.

    Raises ValueError for one without an id, and for a time to upload that is none.
    """

    id: str
    status: str
    url: str | None = None
    asset_id: str | None = None
    timeout_seconds: int | None = None
    fault: Fault | None = None

    def __post_init__(self) -> None:
        if not is_name(self.id) or not (self.asset_id is None or is_name(self.asset_id)):
            raise ValueError("an id is not a short string")
        if self.timeout_seconds is not None and not _is_number(self.timeout_seconds, TIMEOUT_MAX_SECONDS):
            raise ValueError("the time to upload is not a number of seconds")


def is_name(value: Any) -> TypeGuard[str]:
    """Whether a value can be an id or a type: a short text that fits our columns."""
    return isinstance(value, str) and 0 < len(value) <= NAME_MAX_CHARACTERS and value.isprintable()


def fault_of(kind: Any, message: Any, otherwise: str) -> Fault:
    """A reason from whatever Mux gave as one; `otherwise` where it gave none."""
    return Fault(
        type=_one_line(kind)[:NAME_MAX_CHARACTERS] or "unknown",
        message=_one_line(message)[:FAULT_MAX_CHARACTERS] or otherwise,
    )


def asset_report(asset: dict[str, Any]) -> Report:
    """What an asset object of Mux's, by REST or in an event, says about its attempt.

    Raises ValueError for an object without an id or with a status that Mux does not document.
    """
    facts = {"preparing": Fact.ASSET_CREATED, "ready": Fact.ASSET_READY, "errored": Fact.ASSET_ERRORED}
    fact, asset_id = facts.get(asset.get("status") or ""), asset.get("id")
    if fact is None or asset_id is None:
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


def _asset_fault(errors: Any) -> Fault:
    """That the asset failed is the news; a reason in no known shape must not keep it from being heard."""
    reasons = errors if isinstance(errors, dict) else {}
    messages = reasons.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else messages
    return fault_of(reasons.get("type"), first, "Mux could not process the video and gave no reason.")


def _is_number(value: Any, limit: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < limit


def _one_line(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(character if character.isprintable() else " " for character in text).strip()
