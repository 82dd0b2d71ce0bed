"""Deliveries as Mux makes them, and a look at what became of each."""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.models import Programme, Status, WebhookEvent
from portal.models.upload import select_current_upload
from tests.clock import StoppedClock
from tests.conftest import Cast
from tests.factories import make_programme
from tests.webhooks.mux_events import ASSET_ID, UPLOAD_ID, signature


@dataclass(frozen=True)
class Seen:
    """What matters of a programme after an event."""

    status: Status
    is_published: bool
    mux_asset_id: str | None
    mux_playback_id: str | None
    duration_seconds: int | None
    error_message: str | None


class Webhook:
    def __init__(self, app: Flask, clock: StoppedClock, cast: Cast) -> None:
        self._app, self._clock, self._cast = app, clock, cast

    def programme(self, status: Status = Status.AWAITING_UPLOAD, **values: Any) -> str:
        """A programme whose upload and asset have the ids of the events; its productId."""
        with self._app.app_context():
            if status is Status.READY:
                values = {"mux_asset_id": ASSET_ID, **values}
            programme = make_programme(db.session.merge(self._cast.owner), status=status, **values)
            attempt = db.session.scalars(select_current_upload(programme.product_id)).one()
            attempt.mux_upload_id = UPLOAD_ID
            attempt.asset_id = None if status is Status.AWAITING_UPLOAD else ASSET_ID
            db.session.commit()
            return str(programme.product_id)

    def deliver(
        self, body: bytes, *, secret: str = "whsec-new", headers: dict[str, str] | None = None, **options: Any
    ) -> TestResponse:
        """Post an event signed now; `headers` replace the signature."""
        now = int(self._clock.at.timestamp())
        signed = {"Mux-Signature": f"t={now},v1={signature(body, secret, now)}"}
        sent = signed if headers is None else headers
        options = {"data": body, "content_type": "application/json", **options}
        return self._app.test_client().post("/webhooks/mux", headers=sent, **options)

    def outcome(self, body: bytes) -> str:
        """What the portal says it made of an event."""
        response = self.deliver(body)
        assert response.status_code == 200, response.get_data(as_text=True)
        answer: dict[str, str] = response.get_json()
        assert set(answer) == {"outcome"}
        return answer["outcome"]

    def seen(self, product_id: str) -> Seen:
        with self._app.app_context():
            row = db.session.scalars(select(Programme).where(Programme.product_id == uuid.UUID(product_id))).one()
            return Seen(
                status=row.status,
                is_published=row.is_published,
                mux_asset_id=row.mux_asset_id,
                mux_playback_id=row.mux_playback_id,
                duration_seconds=row.duration_seconds,
                error_message=row.error_message,
            )

    def kept(self) -> list[WebhookEvent]:
        with self._app.app_context():
            return list(db.session.scalars(select(WebhookEvent).order_by(WebhookEvent.id)))

    def count(self, table: type[Any]) -> int:
        with self._app.app_context():
            return db.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def webhook(app: Flask, clock: StoppedClock, cast: Cast) -> Webhook:
    return Webhook(app, clock, cast)
