"""Mux's webhooks: the signature over the raw bytes, and what an event says.

Signature: `Mux-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, "<t>." + body)>`, as Mux's Node SDK
verifies it; unlike there, a time-stamp from the far future is refused too.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.mux.facts import Fact, Report, asset_report, fault_of, is_name

TOLERANCE_SECONDS = 300
TIME_MAX_DIGITS = 12
TRACK_EVENTS = "video.asset.track."
UNKNOWN_SIGNER = "no signature in Mux-Signature is made with a secret of ours"
TIME_IS_OFF = f"the time in Mux-Signature is more than {TOLERANCE_SECONDS} seconds away from ours"


class BadSignatureError(Exception):
    """The request is not proven to come from Mux; the message says what is wrong, for the log."""


class BadEventError(Exception):
    """Signed by Mux, yet not an event of the documented shape."""


@dataclass(frozen=True, kw_only=True)
class MuxEvent:
    """One event. `report` is None for the types that say nothing about a programme's life."""

    id: str
    type: str
    environment: str | None
    payload: str
    report: Report | None

    @property
    def is_kept_for_later(self) -> bool:
        return self.type.startswith(TRACK_EVENTS)


def verify(body: bytes, header: str | None, secrets: Sequence[str], at: datetime) -> None:
    """Raise BadSignatureError unless `header` signs `body` with one of the secrets, within 300 seconds of `at`."""
    if not header:
        raise BadSignatureError("there is no Mux-Signature header")
    parts = [item.partition("=") for item in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value.encode() for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not _is_time(times[0]) or not signatures:
        raise BadSignatureError("the Mux-Signature header is malformed")
    if not any(_signs(body, times[0], secret, signatures) for secret in secrets):
        raise BadSignatureError(UNKNOWN_SIGNER)
    if abs(at.timestamp() - int(times[0])) > TOLERANCE_SECONDS:
        raise BadSignatureError(TIME_IS_OFF)


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= TIME_MAX_DIGITS


def _signs(body: bytes, time: str, secret: str, signatures: list[bytes]) -> bool:
    expected = hmac.new(secret.encode(), time.encode() + b"." + body, hashlib.sha256).hexdigest().encode()
    return any([hmac.compare_digest(expected, signature) for signature in signatures])  # noqa: C419 - all are compared


def parse(body: bytes) -> MuxEvent:
    """Read an event; raises BadEventError if it is not JSON or lacks what every event of Mux's has."""
    try:
        payload = body.decode()
        event = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BadEventError("the body is not JSON in UTF-8") from error
    if not isinstance(event, dict):
        raise BadEventError("the body is not a JSON object")
    event_id, kind, data = event.get("id"), event.get("type"), event.get("data")
    if not is_name(event_id) or not is_name(kind) or not isinstance(data, dict):
        raise BadEventError("the event lacks its id, its type or its data")
    environment = event.get("environment")
    environment_id = environment.get("id") if isinstance(environment, dict) else None
    return MuxEvent(
        id=event_id,
        type=kind,
        environment=environment_id if is_name(environment_id) else None,
        payload=payload,
        report=_report(kind, data),
    )


_UPLOAD_FACTS = {
    "video.upload.asset_created": Fact.ASSET_CREATED,
    "video.upload.errored": Fact.UPLOAD_ERRORED,
    "video.upload.cancelled": Fact.UPLOAD_CANCELLED,
}
_ASSET_STATUSES = {
    "video.asset.created": "preparing",
    "video.asset.ready": "ready",
    "video.asset.errored": "errored",
}


def _report(kind: str, data: dict[str, Any]) -> Report | None:
    try:
        if kind in _UPLOAD_FACTS:
            return _upload_report(_UPLOAD_FACTS[kind], data)
        if kind in _ASSET_STATUSES:
            return asset_report({**data, "status": _ASSET_STATUSES[kind]})
        if kind == "video.asset.updated":
            return asset_report(data)
        if kind == "video.asset.deleted":
            return _deleted_report(data)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise BadEventError(f"the data of this {kind} is not of its documented shape") from error
    return None


def _upload_report(fact: Fact, data: dict[str, Any]) -> Report:
    """The passthrough of an upload event stands inside its new_asset_settings."""
    fault = None
    if fact is Fact.UPLOAD_ERRORED:
        error = data.get("error")
        reason = error if isinstance(error, dict) else {}
        fault = fault_of(reason.get("type"), reason.get("message"), "The upload failed at Mux.")
    return Report(
        fact=fact,
        upload_id=data["id"],
        asset_id=data.get("asset_id"),
        passthrough=(data.get("new_asset_settings") or {}).get("passthrough"),
        fault=fault,
    )


def _deleted_report(data: dict[str, Any]) -> Report:
    return Report(
        fact=Fact.ASSET_DELETED,
        asset_id=data["id"],
        upload_id=data.get("upload_id"),
        passthrough=data.get("passthrough"),
    )
