"""What the admin's tests share: the admin as a reader of pages, and programmes and events to look at."""

import itertools
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Outcome, Programme, WebhookEvent
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.pages import Reader
from tests.webhooks.conftest import Webhook

MakeProgramme = Callable[..., Programme]
MakeEvent = Callable[..., int]
Event = Callable[[int], WebhookEvent]


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Reader:
    return Reader(app, cast.admin)


@pytest.fixture
def webhook(app: Flask, clock: StoppedClock, cast: Cast) -> Webhook:
    return Webhook(app, clock, cast)


@pytest.fixture
def make_event(app: Flask) -> MakeEvent:
    """An event that came to something, kept; its number."""
    numbers = itertools.count(1)

    def make_one(
        kind: str = "video.asset.ready",
        outcome: Outcome | None = Outcome.APPLIED,
        *,
        at: datetime = NOON,
        product_id: uuid.UUID | None = None,
        **values: Any,
    ) -> int:
        number = next(numbers)
        row = WebhookEvent(
            mux_event_id=f"event-{number}",
            type=kind,
            environment="env01",
            payload=json.dumps({"id": f"event-{number}", "type": kind, "data": {}}),
            received_at=at,
            applied_at=None if outcome in {None, Outcome.FAILED} else at,
            outcome=outcome,
            tries=1,
            product_id=product_id,
        )
        for name, value in values.items():
            setattr(row, name, value)
        with app.app_context():
            db.session.add(row)
            db.session.commit()
            return row.id

    return make_one


@pytest.fixture
def event_row(app: Flask) -> Event:
    """An event as the database has it."""

    def read(number: int) -> WebhookEvent:
        with app.app_context():
            return db.session.scalars(select(WebhookEvent).where(WebhookEvent.id == number)).one()

    return read
