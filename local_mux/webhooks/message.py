"""The bytes of a webhook and their signature (mux-contract, webhooks: signature, envelope)."""

import hashlib
import hmac
import json
from typing import Any

from local_mux.clock import iso
from local_mux.models.webhook import Attempt, Delivery

MAX_ATTEMPTS = 30
_ENVIRONMENT = {"name": "Development", "id": "local"}
_OPPOSITES = {
    "video.asset.errored": "video.asset.ready",
    "upload": "video.upload.cancelled",
    "asset": "video.asset.errored",
}


def body_of(delivery: Delivery) -> bytes:
    """Write the event as Mux does: compact, keys from z to a, earlier attempts included."""
    event = delivery.event
    event_type, data = event.type, event.data
    if delivery.forged:
        event_type, data = _contradict(event.type, event.object_type, event.data)
    envelope = {
        "type": event_type,
        "request_id": None,
        "object": {"type": event.object_type, "id": event.object_id},
        "id": f"{event.id}-forged" if delivery.forged else event.id,
        "environment": _ENVIRONMENT,
        "data": data,
        "created_at": iso(event.created_at),
        "attempts": [_attempt(attempt) for attempt in _earlier_attempts(delivery)],
        "accessor_source": None,
        "accessor": None,
    }
    return json.dumps(_from_z_to_a(envelope), separators=(",", ":"), ensure_ascii=False).encode()


def signature_of(body: bytes, secret: str, timestamp: int) -> str:
    """Return the Mux-Signature header for these exact bytes at this second."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _earlier_attempts(delivery: Delivery) -> list[Attempt]:
    """Return every attempt at the event so far, of whichever copy."""
    if delivery.forged:
        return []
    return [attempt for sibling in delivery.event.deliveries if not sibling.forged for attempt in sibling.attempts]


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "webhook_id": 1,
        "response_status_code": attempt.response_status_code,
        "response_headers": attempt.response_headers,
        "response_body": attempt.response_body,
        "max_attempts": MAX_ATTEMPTS,
        "id": attempt.id,
        "created_at": iso(attempt.created_at),
        "address": attempt.address,
    }


def _contradict(event_type: str, object_type: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Say the opposite of what happened."""
    opposite = _OPPOSITES.get(event_type) or _OPPOSITES.get(object_type, "video.asset.deleted")
    status = opposite.rpartition(".")[2]
    forged = {**data, "status": status}
    if status == "errored":
        forged["errors"] = {"type": "invalid_input", "messages": ["This webhook is forged."]}
    return opposite, forged


def _from_z_to_a(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _from_z_to_a(value[key]) for key in sorted(value, reverse=True)}
    if isinstance(value, list):
        return [_from_z_to_a(item) for item in value]
    return value
