"""Processes that are stopped wherever they can be, and what is kept in the end."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from portal.config import Settings
from portal.extensions import db
from portal.models import (
    Base,
    Discard,
    History,
    IdempotencyKey,
    Notice,
    PeriodicWork,
    Product,
    Programme,
    Upload,
    WebhookEvent,
)
from tests.callers import Api
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.fault_injection.client import Client
from tests.fault_injection.tripwire import PowerCut, Tripwire, WatchedMux, watch_commits
from tests.mux_double import MuxDouble
from tests.webhooks.conftest import Webhook

# Numbers and addresses that are given anew with every try, and moments, of which it matters only that there is one.
GIVEN_ANEW = frozenset({"id", "product_id", "upload_id", "mux_upload_id", "url", "locked_until", "request_hash"})
OF_PROGRAMMES: tuple[type[Base], ...] = (
    *(Product, Programme, Upload, History, Notice),
    *(WebhookEvent, Discard, IdempotencyKey, PeriodicWork),
)

Kept = dict[str, list[dict[str, Any]]]


class PowerCuts:
    """Lets the same thing be done again and again, and stops it each time at another point."""

    def __init__(self, app: Flask, wire: Tripwire, mux: MuxDouble, clock: StoppedClock) -> None:
        self._app, self._wire, self._mux, self._clock = app, wire, mux, clock

    def rehearse(self, act: Callable[[], Any]) -> list[str]:
        """Do it undisturbed; the points at which it could have been stopped."""
        self._wire.begin()
        act()
        return list(self._wire.passed)

    def strike(self, point: str, act: Callable[[], Any]) -> None:
        """Do it until it gets to this point, and leave of the process what a dead one leaves: nothing."""
        self._wire.begin(stops_at=point)
        with pytest.raises(PowerCut):
            act()
        with self._app.app_context():
            db.session.remove()
            db.engine.dispose()  # the database notices that nobody is there, and rolls back
        self._wire.begin()

    def forget(self) -> None:
        """Make everything as it was before the first act; people stay, and stay signed in."""
        with self._app.app_context():
            for table in reversed(OF_PROGRAMMES):
                db.session.execute(delete(table))
            db.session.commit()
        vars(self._mux).update(vars(MuxDouble()))
        self._clock.at = NOON

    def kept(self) -> Kept:
        """Every row about programmes, in order, without what is given anew each time."""
        with self._app.app_context():
            return {model.__tablename__: _rows(model) for model in OF_PROGRAMMES}


def _rows(model: type[Base]) -> list[dict[str, Any]]:
    table = model.__table__
    return [_essence(row._mapping) for row in db.session.execute(select(table).order_by(*table.primary_key))]


def _essence(row: Any) -> dict[str, Any]:
    known = {name: value for name, value in row.items() if name not in GIVEN_ANEW}
    if "kind" in known and "mailed_at" in known:  # a notice's key names the attempt by its number
        del known["key"]
    return {name: "a moment" if isinstance(value, datetime) else value for name, value in known.items()}


@pytest.fixture
def wire() -> Tripwire:
    return Tripwire()


@pytest.fixture
def cuts(
    app: Flask, wire: Tripwire, mux: MuxDouble, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PowerCuts]:
    with app.app_context():
        engine = db.engine
    watch_commits(engine, wire, monkeypatch.setattr)
    app.extensions["mux"] = WatchedMux(mux, wire)
    yield PowerCuts(app, wire, mux, clock)
    wire.begin()


@pytest.fixture
def webhook(app: Flask, clock: StoppedClock, cast: Cast) -> Webhook:
    return Webhook(app, clock, cast)


@pytest.fixture
def api(app: Flask, cast: Cast, settings: Settings) -> Api:
    """With a token fetched beforehand, as that leaves traces of its own."""
    api = Api(app, cast, settings)
    api.token_of("owner")
    return api


@pytest.fixture
def client(api: Api, app: Flask, clock: StoppedClock) -> Client:
    return Client(api, app, clock)
