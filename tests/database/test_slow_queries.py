"""Queries that take long are named in the log, without what they were about."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, func, literal, select, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from portal.database.bare_select import BareSelect
from portal.database.slow_queries import log_slow_bare_selects, log_slow_queries
from portal.direct_route import direct_route
from portal.extensions import db
from tests.callers import Api, Shelf
from tests.clock import StoppedClock
from tests.conftest import WEBHOOK_SECRETS
from tests.reading import reading
from tests.webhooks.mux_events import asset, event, signature

SLOW_MS = 500
TAKES_MORE_THAN_A_MILLISECOND = """
    WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 300000)
    SELECT max(number) FROM numbers
"""


class Watch:
    """Seconds that pass between two looks, as many as a test says."""

    def __init__(self) -> None:
        self.at = 0.0
        self.step = 0.0

    def __call__(self) -> float:
        self.at += self.step
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def engine(database_url: str, watch: Watch) -> Iterator[Engine]:
    engine = create_engine(database_url)
    log_slow_queries(engine, SLOW_MS, watch)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(("seconds", "lines"), [(0.499, 0), (0.5, 1), (73.0, 1)])
def test_a_query_is_slow_from_a_certain_time_on(engine: Engine, watch: Watch, seconds: float, lines: int) -> None:
    watch.step = seconds
    with engine.connect() as connection, capture_logs() as logs:
        assert connection.scalar(select(literal(7))) == 7

    assert [(line["event"], line["milliseconds"], line["route"]) for line in logs] == [
        ("query.slow", seconds * 1000, None)
    ] * lines


def test_its_statement_is_told_in_one_line_and_without_values(engine: Engine, watch: Watch) -> None:
    watch.step = 1.0
    with engine.connect() as connection, capture_logs() as logs:
        connection.execute(text("SELECT 'kept'\n   WHERE :email <> ''"), {"email": "vera@example.com"})

    assert logs[0]["statement"].startswith("SELECT 'kept' WHERE ")
    assert "vera" not in str(logs)


def test_a_query_that_fails_after_a_long_time_is_told_too(engine: Engine, watch: Watch) -> None:
    watch.step = 30.0
    with engine.connect() as connection, capture_logs() as logs, pytest.raises(DBAPIError):
        connection.execute(text("SELECT nothing FROM nowhere"))

    assert [line["event"] for line in logs] == ["query.slow"]


def test_many_rows_at_once_are_one_query(engine: Engine, watch: Watch) -> None:
    with engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE heap (number INTEGER)"))
        watch.step = 1.0
        with capture_logs() as logs:
            connection.execute(text("INSERT INTO heap VALUES (:n)"), [{"n": number} for number in range(3)])

        assert connection.scalar(text("SELECT count(*) FROM heap")) == 3
    assert len(logs) == 1


def test_the_route_is_told_by_its_rule(app: Flask, engine: Engine, watch: Watch) -> None:
    watch.step = 1.0
    request = app.test_request_context(f"/programme/{uuid.uuid4()}")
    with request, engine.connect() as connection, capture_logs() as logs:
        connection.execute(select(literal(7)))

    assert logs[0]["route"] == "GET /programme/<uuid:product_id>"


@pytest.fixture(autouse=True)
def _watchers_of_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """They watch the whole process."""
    monkeypatch.setattr("portal.database.bare_select._watchers", [])


@pytest.mark.parametrize(("slow_query_ms", "lines"), [(1, 1), (0, 0)])
def test_what_goes_past_sqlalchemy_is_watched_too(start: Callable[..., Flask], slow_query_ms: int, lines: int) -> None:
    numbers = select(literal(1).label("number")).cte("numbers", recursive=True)
    up = select(numbers.c.number + 1).where(numbers.c.number < 300000)
    many = BareSelect(select(func.max(numbers.union_all(up).c.number)))

    with start(slow_query_ms=slow_query_ms).app_context(), capture_logs() as logs, reading(db.engine) as reader:
        assert many.rows(reader) == [(300000,)]

    assert len([line for line in logs if line.get("statement", "").startswith("WITH")]) == lines


@pytest.fixture
def _each_bare_select_is_slow(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    log_slow_bare_selects(SLOW_MS)
    monkeypatch.setattr("portal.database.bare_select.perf_counter", watch)
    watch.step = 1.0


@pytest.mark.usefixtures("_each_bare_select_is_slow")
@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/programme?limit=5", "GET /programme"),
        ("/api/programme/{product_id}", "GET /programme/<uuid:product_id>"),
    ],
)
def test_the_route_of_what_is_answered_before_flask_is_told(api: Api, shelf: Shelf, path: str, route: str) -> None:
    asked = path.format(product_id=shelf.add())

    with capture_logs() as logs:
        api.get(asked, by="viewer")

    assert {line["route"] for line in logs if line["event"] == "query.slow"} == {route}
    assert direct_route() is None


@pytest.mark.usefixtures("_each_bare_select_is_slow")
def test_the_route_of_a_webhook_is_told(app: Flask, clock: StoppedClock) -> None:
    body, now = event("video.asset.ready", asset("ready")), int(clock.at.timestamp())
    headers = {"Mux-Signature": f"t={now},v1={signature(body, WEBHOOK_SECRETS[0], now)}"}

    with capture_logs() as logs:
        assert app.test_client().post("/webhooks/mux", data=body, headers=headers).status_code == 200

    assert {line["route"] for line in logs if line["event"] == "query.slow"} == {"POST /webhooks/mux"}


@pytest.mark.parametrize(("slow_query_ms", "lines"), [(1, 1), (0, 0)])
def test_the_operator_says_what_is_slow(start: Callable[..., Flask], slow_query_ms: int, lines: int) -> None:
    with start(slow_query_ms=slow_query_ms).app_context(), capture_logs() as logs:
        assert db.session.scalar(text(TAKES_MORE_THAN_A_MILLISECOND)) == 300000

    assert len([line for line in logs if line.get("statement", "").startswith("WITH")]) == lines
