"""What Mux says about an upload or an asset, in one form whether it came by webhook or was asked for."""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard

NAME_MAX_CHARACTERS = 255  # the width of our columns
FAULT_MAX_CHARACTERS = 2000
DURATION_MAX_SECONDS = 10**7
TIMEOUT_MAX_SECONDS = 10**7
CURSOR_MAX_CHARACTERS = 4096
EPOCH_MAX_DIGITS = 11


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


@dataclass(frozen=True, kw_only=True)
class ListedAsset:
    """An asset in Mux's list of all that the environment has, whoever made it.

    Raises ValueError for one without an id. Whatever else is of no known shape is None: it is other software's, and
    must not keep the rest of the list from being read.
    """

    id: str
    status: str | None = None
    passthrough: str | None = None
    upload_id: str | None = None
    made_at: datetime | None = None
    duration_seconds: float | None = None

    def __post_init__(self) -> None:
        if not is_name(self.id):
            raise ValueError("an id is not a short string")


@dataclass(frozen=True, kw_only=True)
class ListedUpload:
    """A direct upload in Mux's list of all. Mux does not say when it was made. Raises ValueError without an id."""

    id: str
    status: str | None = None
    passthrough: str | None = None
    asset_id: str | None = None

    def __post_init__(self) -> None:
        if not is_name(self.id):
            raise ValueError("an id is not a short string")


@dataclass(frozen=True, kw_only=True)
class AssetPage:
    """Some assets, and where the list goes on: None at its end."""

    items: tuple[ListedAsset, ...]
    next_cursor: str | None

    def __post_init__(self) -> None:
        cursor = self.next_cursor
        if cursor is not None and not (isinstance(cursor, str) and 0 < len(cursor) <= CURSOR_MAX_CHARACTERS):
            raise ValueError("the cursor is not a text")


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


def asset_page(answer: dict[str, Any]) -> AssetPage:
    """One page of Mux's list of assets; ValueError for one without an id."""
    items = tuple(_listed_asset(asset) for asset in _list_in(answer))
    return AssetPage(items=items, next_cursor=answer.get("next_cursor") or None)


def upload_page(answer: dict[str, Any]) -> tuple[ListedUpload, ...]:
    """One page of Mux's list of uploads; ValueError for one without an id."""
    return tuple(_listed_upload(upload) for upload in _list_in(answer))


def moment_of_header(value: str | None) -> datetime | None:
    """The time in an HTTP `Date` header; None for anything else."""
    try:
        moment = parsedate_to_datetime(value or "")
    except (TypeError, ValueError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _list_in(answer: dict[str, Any]) -> list[dict[str, Any]]:
    data = answer.get("data")
    if not isinstance(data, list):
        raise TypeError("not a list")
    return data


def _listed_asset(asset: dict[str, Any]) -> ListedAsset:
    duration = asset.get("duration")
    return ListedAsset(
        id=asset.get("id") or "",
        status=_name_or_none(asset.get("status")),
        passthrough=_name_or_none(asset.get("passthrough")),
        upload_id=_name_or_none(asset.get("upload_id")),
        made_at=_moment_or_none(asset.get("created_at")),
        duration_seconds=duration if _is_number(duration, DURATION_MAX_SECONDS) else None,
    )


def _listed_upload(upload: dict[str, Any]) -> ListedUpload:
    settings = upload.get("new_asset_settings")
    return ListedUpload(
        id=upload.get("id") or "",
        status=_name_or_none(upload.get("status")),
        passthrough=_name_or_none(settings.get("passthrough")) if isinstance(settings, dict) else None,
        asset_id=_name_or_none(upload.get("asset_id")),
    )


def _name_or_none(value: Any) -> str | None:
    return value if is_name(value) else None


def _moment_or_none(value: Any) -> datetime | None:
    """Mux counts seconds since 1970, and by REST writes them as a text."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdecimal() and len(text) <= EPOCH_MAX_DIGITS):
        return None
    return datetime.fromtimestamp(int(text), UTC)


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
