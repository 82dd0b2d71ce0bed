"""What the admin's pages ask the inbox goes by an index, on both databases, however many events were kept."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, insert, text

from portal.extensions import db
from portal.models import Outcome, WebhookEvent
from portal.models.symptoms import last_event_at
from portal.models.webhook_event import EventFilter, failed_event_ids, newest_events, troubling_events
from tests.clock import NOON

EVENTS = 3_000
A_PROGRAMME = uuid.UUID(int=7)

QUESTIONS: dict[str, tuple[Callable[[], object], str]] = {
    "the troubling ones": (lambda: troubling_events(10), "ix_webhook_event_troubling"),
    "those to replay": (lambda: failed_event_ids(10), "ix_webhook_event_troubling"),
    "those that failed": (
        lambda: newest_events(EventFilter(outcome=Outcome.FAILED), limit=10, after=None),
        "ix_webhook_event_troubling",
    ),
    "those of a programme": (
        lambda: newest_events(EventFilter(product_id=A_PROGRAMME), limit=10, after=None),
        "ix_webhook_event_product_id",
    ),
    "the last one": (last_event_at, "ix_webhook_event_received_at"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_about_few_of_many_events_goes_by_its_index(many_events: Flask, name: str) -> None:
    ask, index = QUESTIONS[name]

    assert index in plan_of(ask)


def plan_of(ask: Callable[[], object]) -> str:
    """The database's plan for the one statement that is asked."""
    asked: list[tuple[str, object]] = []

    def remember(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT webhook_event"):
            asked.append((statement, parameters))

    db.session.commit()
    event.listen(db.engine, "before_cursor_execute", remember)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", remember)
    ((statement, parameters),) = asked
    connection = db.session.connection()
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)  # type: ignore[arg-type]
    return "\n".join(str(row[-1]) for row in rows)


@pytest.fixture
def many_events(in_app: Flask) -> Flask:
    """Of which one in a hundred failed."""
    rows = [
        {
            "mux_event_id": f"event-{number}",
            "type": "video.asset.ready",
            "payload": "{}" * 200,
            "received_at": NOON + timedelta(seconds=number),
            "applied_at": NOON,
            "outcome": Outcome.APPLIED if number % 100 else Outcome.FAILED,
            "product_id": uuid.UUID(int=number % 1000),
            "tries": 1,
        }
        for number in range(EVENTS)
    ]
    db.session.connection().execute(insert(WebhookEvent), rows)
    db.session.commit()
    db.session.execute(text("ANALYZE webhook_event"))
    db.session.commit()
    return in_app
