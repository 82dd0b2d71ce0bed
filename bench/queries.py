"""Counting what is asked of the database; the tests count with it, too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from bench.calls import Call
from portal.database.bare_select import unwatch_bare_selects, watch_bare_selects
from portal.extensions import db


def statements_of(app: Flask, call: Call) -> list[str]:
    """The SQL statements that one call sends, in order."""
    client = app.test_client(use_cookies=False)
    with queries_of(app) as sent:
        call.send(client)
    return sent


@contextmanager
def queries_of(app: Flask) -> Iterator[list[str]]:
    """Every statement that is sent while this is open, by any thread."""
    with app.app_context():
        engine = db.engine
    sent: list[str] = []

    def remember(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):  # SQLite alone shows it as a statement
            sent.append(statement)

    def remember_bare(statement: str, _seconds: float) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", remember)
    watch_bare_selects(remember_bare)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", remember)
        unwatch_bare_selects(remember_bare)
