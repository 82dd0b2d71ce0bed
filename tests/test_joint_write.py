"""Rows of several tables written at once: all that were given, in their order, by as few statements as can be."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import Table, Update, select, update
from sqlalchemy.exc import StatementError

from portal.database.session_connection import in_session
from portal.extensions import db
from portal.models import Discard, DiscardKind, Outcome, WebhookEvent
from portal.models.joint_write import Given, JointWrite, entry
from tests.clock import NOON
from tests.queries import queries_of

_events, _discards = cast("Table", WebhookEvent.__table__), cast("Table", Discard.__table__)
OF_EVENTS = ("mux_event_id", "type", "payload", "received_at", "outcome", "reason", "tries", "product_id")


def _add(given: Given) -> Any:
    return given.inserted_into(_events).on_conflict_do_nothing(index_elements=["mux_event_id"])


def _pay(given: Given) -> Update:
    return update(_discards).where(_discards.c.mux_id == given["mux_id"]).values(done_at=given["done_at"])


WRITE = JointWrite(added=entry(_events, OF_EVENTS, _add), paid=entry(_discards, ("mux_id", "done_at"), _pay))


def event(name: str, **values: Any) -> dict[str, Any]:
    plain = {"type": "any", "payload": "{}", "received_at": NOON, "outcome": Outcome.KEPT, "reason": None, "tries": 1}
    return {"mux_event_id": name, "product_id": None, **plain, **values}


@pytest.fixture
def debts(app: Flask) -> Iterator[list[str]]:
    ids = ["asset-1", "asset-2"]
    with app.app_context():
        times = {"created_at": NOON, "next_try_at": NOON}
        for mux_id in ids:
            debt = Discard(kind=DiscardKind.ASSET, mux_id=mux_id, product_id=uuid.uuid4(), reason="a test", **times)
            db.session.add(debt)
        db.session.flush()
        yield ids


def test_all_rows_of_all_entries_are_written_and_counted(debts: list[str]) -> None:
    paid = [{"mux_id": mux_id, "done_at": NOON} for mux_id in [*debts, "nobody’s"]]

    written = WRITE.write(in_session(), {"added": [event("one"), event("two")], "paid": paid})

    assert written == {"added": 2, "paid": 2}
    assert list(db.session.scalars(select(_events.c.mux_event_id).order_by(_events.c.id))) == ["one", "two"]
    assert list(db.session.scalars(select(_discards.c.done_at))) == [NOON, NOON]


def test_every_type_comes_back_as_it_was_given(app: Flask) -> None:
    product_id, elsewhere = uuid.uuid4(), timezone(timedelta(hours=2))
    told = event(
        "“one”",
        payload='{"a": "\\u0000 \\\\ ’"}\n',
        reason="'; --",
        product_id=product_id,
        outcome=Outcome.APPLIED,
        received_at=NOON.astimezone(elsewhere),
    )
    with app.app_context():
        WRITE.write(in_session(), {"added": [told]})

        row = db.session.execute(select(*(_events.c[name] for name in OF_EVENTS))).one()
    assert row._asdict() == told
    assert row.received_at.tzinfo is UTC


def test_a_row_that_conflicts_is_not_counted(app: Flask) -> None:
    with app.app_context():
        WRITE.write(in_session(), {"added": [event("one")]})

        assert WRITE.write(in_session(), {"added": [event("two"), event("one")]})["added"] == 1


def test_where_nothing_is_given_nothing_is_written(debts: list[str]) -> None:
    assert WRITE.write(in_session(), {}) == {"added": 0, "paid": 0}
    assert list(db.session.scalars(select(_discards.c.done_at))) == [None, None]


def test_a_time_without_a_zone_is_refused(app: Flask) -> None:
    naive = event("one", received_at=datetime(2026, 11, 2, 12))  # noqa: DTZ001 - the very thing

    with app.app_context(), pytest.raises((ValueError, StatementError), match="without a zone"):
        WRITE.write(in_session(), {"added": [naive]})


def test_statements_do_not_grow_with_the_rows(app: Flask, debts: list[str]) -> None:
    def asked(rows: int) -> int:
        given = {"added": [event(f"{rows}-{number}") for number in range(rows)], "paid": []}
        with queries_of(app) as queries:
            WRITE.write(in_session(), given)
        return len(queries)

    assert asked(1) == asked(30) == 1
