"""Carrying deliveries to the webhook URL: first try at once, then again with growing gaps for 24 hours."""

import logging
import secrets
import threading
from datetime import datetime, timedelta

import urllib3
from sqlalchemy import select

from local_mux.clock import epoch, now
from local_mux.context import Context
from local_mux.faults import current_faults, happens
from local_mux.models.webhook import DELIVERED, GIVEN_UP, LOST, PENDING, Attempt, Delivery
from local_mux.webhooks.message import MAX_ATTEMPTS, body_of, signature_of
from local_mux.webhooks.outbox import LANES

ATTEMPT_TIMEOUT_SECONDS = 5.0
KEPT_RESPONSE_BYTES = 2_000
IDLE_SECONDS = 60.0
_QUICK_GAPS_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800)
_DAY_SECONDS = 24 * 60 * 60
_LONG_GAP_SECONDS = (_DAY_SECONDS - sum(_QUICK_GAPS_SECONDS)) / (MAX_ATTEMPTS - 1 - len(_QUICK_GAPS_SECONDS))

_log = logging.getLogger(__name__)


def gap_seconds(attempts: int) -> float | None:
    """Return how long to wait after so many failed attempts; None = give up, a day has passed."""
    if attempts >= MAX_ATTEMPTS:
        return None
    if attempts <= len(_QUICK_GAPS_SECONDS):
        return float(_QUICK_GAPS_SECONDS[attempts - 1])
    return _LONG_GAP_SECONDS


class Courier:
    """One thread per lane; within a lane deliveries go in the order in which they are due."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._http = urllib3.PoolManager(maxsize=LANES, retries=False)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(lane,), name=f"webhooks-{lane}", daemon=True)
            for lane in range(LANES)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin no further attempt; what is pending is kept for the next start."""
        self._stopping.set()
        self._context.database.wake()

    def _work(self, lane: int) -> None:
        database = self._context.database
        while not self._stopping.is_set():
            seen = database.calls
            try:
                delivery_id, due_at = self._next(lane)
                if delivery_id and due_at <= now():
                    self._deliver(delivery_id)
                    continue
            except Exception:  # noqa: BLE001 - whatever fails here, the lane must go on
                _log.exception("webhook lane %s stumbled", lane)
                due_at = now() + timedelta(seconds=1)
            database.wait_for_call(seen, max(0.0, (due_at - now()).total_seconds()))

    def _next(self, lane: int) -> tuple[str | None, datetime]:
        """Find the lane's next delivery and when it is due."""
        with self._context.database.reading() as session:
            row = session.execute(
                select(Delivery.id, Delivery.due_at)
                .where(Delivery.status == PENDING, Delivery.lane == lane)
                .order_by(Delivery.due_at, Delivery.position)
                .limit(1)
            ).first()
        return (row.id, row.due_at) if row else (None, now() + timedelta(seconds=IDLE_SECONDS))

    def _deliver(self, delivery_id: str) -> None:
        with self._context.database.reading() as session:
            delivery = session.scalars(select(Delivery).where(Delivery.id == delivery_id)).one()
            lost = happens(current_faults(session).webhooks.drop)
            body = body_of(delivery)
        if lost:
            self._settle(delivery_id, None, LOST)
            return
        attempt = self._post(delivery, body)
        if self._stopping.is_set() and attempt.response_status_code is None:
            return
        self._settle(delivery_id, attempt, None)

    def _post(self, delivery: Delivery, body: bytes) -> Attempt:
        """POST once; a failure is part of the attempt, never an exception."""
        settings = self._context.settings
        secret = secrets.token_hex(16) if delivery.forged else settings.webhook_secret
        attempt = Attempt(delivery_id=delivery.id, address=settings.webhook_url, response_headers={}, response_body="")
        try:
            response = self._http.request(
                "POST",
                settings.webhook_url,
                body=body,
                headers={
                    "Content-Type": "application/json",
                    "User-Agent": "Mux Webhooks (local)",
                    "Mux-Signature": signature_of(body, secret, epoch(now())),
                },
                timeout=urllib3.Timeout(total=ATTEMPT_TIMEOUT_SECONDS),
                redirect=False,
                preload_content=False,
            )
            with response:
                attempt.response_status_code = response.status
                attempt.response_headers = {name.lower(): value for name, value in response.headers.items()}
                attempt.response_body = response.read(KEPT_RESPONSE_BYTES).decode(errors="replace")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            attempt.error = _reason(error)
        return attempt

    def _settle(self, delivery_id: str, attempt: Attempt | None, status: str | None) -> None:
        """Write down how an attempt went and when the next one is due."""
        with self._context.database.writing(is_quiet=True) as session:  # the lane looks on by itself
            delivery = session.scalars(select(Delivery).where(Delivery.id == delivery_id)).one()
            if attempt:
                session.add(attempt)
                session.flush()
                session.refresh(delivery, ["attempts"])
            delivery.status = status or _status_after(delivery, attempt)


def _status_after(delivery: Delivery, attempt: Attempt | None) -> str:
    code = attempt.response_status_code if attempt else None
    if code and 200 <= code < 300:  # noqa: PLR2004 - HTTP's own range
        return DELIVERED
    gap = None if delivery.forged else gap_seconds(len(delivery.attempts))
    if gap is None:
        return GIVEN_UP
    delivery.due_at = now() + timedelta(seconds=gap)
    return PENDING


def _reason(error: Exception) -> str:
    """Say in a few words why no answer came."""
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return f"no answer within {ATTEMPT_TIMEOUT_SECONDS:g} s"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "nobody listens there"
    return f"{type(error).__name__}: {error}"[:200]
