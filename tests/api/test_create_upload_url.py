"""create-upload-url over the real gateway: what is asked of Mux, and what every failure of Mux's comes to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from portal import create_app
from portal.config import Settings
from portal.extensions import db
from portal.models import Status
from portal.mux.breaker import FAILURES, PAUSE_SECONDS
from portal.mux.gateway import MuxApi, MuxGateway
from tests.callers import Api, Shelf, problem_of
from tests.clock import StoppedClock
from tests.conftest import Cast
from tests.mux.scripted import ScriptedMux, scripted_mux
from tests.mux_double import MuxDouble

CREATE = "/programme/create-upload-url"
UPLOAD = {"id": "up01", "url": "https://storage.example/up01?sig=1", "timeout": 86400, "status": "waiting"}
FREE_PLAN = "Free plan is limited to 10 assets, you cannot create direct uploads while exceeding this limit"


def says(status: int, *messages: str, kind: str = "whatever", **headers: str) -> dict[str, Any]:
    return {"status": status, "body": {"error": {"type": kind, "messages": list(messages)}}, "headers": headers}


def raw(status: int, body: bytes) -> dict[str, Any]:
    return {"status": status, "body": body, "headers": {}}


def test_the_answer_is_where_to_send_the_file_and_what_it_will_be_called(
    api: Api, shelf: Shelf, cast: Cast, mux_server: ScriptedMux
) -> None:
    mux_server.script.says(201, {"data": UPLOAD})

    response = api.post(CREATE, {"title": " Breathing "})

    assert response.status_code == 201
    body = response.get_json()
    assert set(body) == {"uploadUrl", "uploadId", "productId"}
    assert (body["uploadUrl"], body["uploadId"]) == (UPLOAD["url"], "up01")
    row = shelf.row(body["productId"])
    assert (row.title, row.status, row.product.owner_id) == ("Breathing", Status.AWAITING_UPLOAD, cast.owner.id)
    assert mux_server.asked[0].json["cors_origin"] == "http://portal.test"
    assert mux_server.asked[0].json["new_asset_settings"]["passthrough"] == body["productId"]
    assert mux_server.asked[0].json["new_asset_settings"]["meta"] == {
        "title": "Breathing",
        "creator_id": str(cast.owner.id),
        "external_id": body["productId"],
    }


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (says(400, FREE_PLAN, kind="invalid_parameters"), (502, f"Mux: {FREE_PLAN}")),
        (says(401, "Unauthorized request", kind="unauthorized"), (502, "Mux: Unauthorized request")),
        (says(403, "Forbidden"), (502, "Mux: Forbidden")),
        (says(404, "The requested resource doesn't exist"), (502, "Mux: The requested resource doesn't exist")),
        (says(422, "Unprocessable"), (502, "Mux: Unprocessable")),
        (says(429, "Slow down", Retry_After="7"), (503, "Mux: Slow down")),
        (says(500, "Oops"), (503, "Mux: Oops")),
        (raw(502, b"<html>Bad gateway</html>"), (503, "Mux: Mux answered 502")),
        (raw(503, "Überlastet".encode("latin-1")), (503, "Mux: Mux answered 503")),
        (raw(400, b'{"error": {}}'), (502, "Mux: Mux answered 400")),
        (raw(200, b'{"data": {"id": "up01"}}'), (502, "Mux: Mux's answer could not be read")),
        (raw(201, b"not JSON"), (502, "Mux: Mux's answer could not be read")),
        (raw(201, b"\xff\xfe"), (502, "Mux: Mux's answer could not be read")),
        (raw(201, b""), (502, "Mux: Mux's answer could not be read")),
        (raw(201, b'{"data": {}}'), (502, "Mux: Mux's answer could not be read")),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_failure_of_mux_s_is_told_in_its_words_and_leaves_nothing(
    api: Api, shelf: Shelf, mux_server: ScriptedMux, answer: dict[str, Any], told: tuple[int, str]
) -> None:
    status, detail = told
    mux_server.script.says(answer["status"], answer["body"], **answer["headers"])

    with capture_logs() as logs:
        response = api.post(CREATE, {"title": "Breathing"}, headers={"Idempotency-Key": "key-1"})

    assert problem_of(response, status)["detail"] == detail
    assert response.headers.get("Retry-After") == answer["headers"].get("Retry_After")
    assert shelf.is_empty()
    assert len(mux_server.asked) == 1
    (line,) = logs
    assert (line["event"], line["path"]) == ("mux.failed", CREATE)
    assert line["reason"] == detail.removeprefix("Mux: ")
    assert "token-secret" not in str(logs) + response.get_data(as_text=True)


def test_a_mux_that_does_not_answer_or_hangs_up_is_503_and_leaves_nothing(
    api: Api, shelf: Shelf, mux_server: ScriptedMux, short_of_time: None
) -> None:
    mux_server.script.hangs = True
    assert problem_of(api.post(CREATE, {"title": "Breathing"}), 503)["detail"] == "Mux: Mux did not answer"

    mux_server.script.hangs, mux_server.script.drops_connection = False, True
    assert problem_of(api.post(CREATE, {"title": "Breathing"}), 503)["detail"] == "Mux: the connection to Mux broke"

    assert len(mux_server.asked) == 2
    assert shelf.is_empty()


def test_while_mux_stays_away_calls_are_refused_at_once_with_a_time_to_come_back(
    api: Api, shelf: Shelf, mux_server: ScriptedMux
) -> None:
    mux_server.script.says(500)
    for _ in range(FAILURES):
        assert "Retry-After" not in api.post(CREATE, {"title": "Breathing"}).headers

    response = api.post(CREATE, {"title": "Breathing"})

    assert problem_of(response, 503)["detail"] == "Mux: Mux has not answered for a while, so it was not asked"
    assert 1 <= int(response.headers["Retry-After"]) <= PAUSE_SECONDS
    assert len(mux_server.asked) == FAILURES
    assert shelf.is_empty()


class TestWithoutMux:
    @pytest.fixture
    def app(self, settings: Settings, clock: StoppedClock) -> Iterator[Flask]:
        nowhere = replace(settings, mux_base_url="http://127.0.0.1:1")
        with app_with(nowhere, MuxApi(nowhere), clock) as app:
            yield app

    def test_a_refused_connection_is_503_and_leaves_nothing(self, api: Api, shelf: Shelf) -> None:
        problem_of(api.post(CREATE, {"title": "Breathing"}), 503)

        assert shelf.is_empty()


class TestWhenItIsOursToMend:
    @pytest.fixture
    def app(self, settings: Settings, clock: StoppedClock) -> Iterator[Flask]:
        class Broken(MuxDouble):
            def create_upload(self, request: Any) -> Any:
                raise ZeroDivisionError(f"token-secret, {request}")

        with app_with(settings, Broken(), clock) as app:
            yield app

    def test_a_crash_is_500_without_its_words_and_leaves_nothing(self, api: Api, shelf: Shelf) -> None:
        with capture_logs() as logs:
            response = api.post(CREATE, {"title": "Breathing"})

        assert problem_of(response, 500)["detail"] == "Something broke on our side."
        assert "token-secret" not in response.get_data(as_text=True)
        assert [line["event"] for line in logs] == ["request.crashed"]
        assert shelf.is_empty()


@contextmanager
def app_with(settings: Settings, mux: MuxGateway, clock: StoppedClock) -> Iterator[Flask]:
    app = create_app(settings, mux=mux, clock=clock)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def mux_server() -> Iterator[ScriptedMux]:
    with scripted_mux() as server:
        yield server


@pytest.fixture
def app(settings: Settings, mux_server: ScriptedMux, clock: StoppedClock) -> Iterator[Flask]:
    """The application with the gateway that it has outside of tests."""
    with_server = replace(settings, mux_base_url=mux_server.url)
    with app_with(with_server, MuxApi(with_server), clock) as app:
        yield app


@pytest.fixture
def short_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.mux.gateway.READ_TIMEOUT_SECONDS", 0.2)
