"""Whether the process lives, and whether it can do its work: for load balancers and the operator."""

from flask import Blueprint

from portal.readiness import reason_not_ready

health = Blueprint("health", __name__)


@health.get("/healthz")
def is_alive() -> dict[str, str]:
    return {"status": "ok"}


@health.get("/readyz")
def is_ready() -> tuple[dict[str, str], int]:
    """200 when the database answers and its schema is the one this code was written for, else 503."""
    reason = reason_not_ready()
    if reason:
        return {"status": "unavailable", "reason": reason}, 503
    return {"status": "ok"}, 200
