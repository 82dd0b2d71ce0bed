"""The doctor's page, and its command: everything is looked at when somebody asks."""

import time
from dataclasses import replace

import pytest
from flask import Flask

from portal.mux.gateway import MuxApi, MuxError, Trouble
from tests.admin.conftest import MakeEvent
from tests.mux.scripted import scripted_mux
from tests.mux_double import MuxDouble
from tests.pages import Reader, words
from tests.queries import queries_of

PLACE = "/admin/doctor"


def test_the_worst_is_told_first_with_what_helps(admin: Reader, mux: MuxDouble) -> None:
    mux.failure = MuxError(Trouble.CREDENTIALS, "Unauthorized request")

    page = admin.get(PLACE)

    assert page.heading == "Doctor"
    badges = [words(badge) for badge in page.all(".badge")]
    assert badges == sorted(badges, key=["Broken", "Look at it", "Fine"].index)
    assert "Mux refuses the access token: Unauthorized request." in page.text
    assert "MUX_TOKEN_ID=… MUX_TOKEN_SECRET=…" in [words(command) for command in page.all("code")]
    assert "things are broken." in page.text


def test_where_nothing_is_broken_it_says_so(
    admin: Reader, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.doctor.examination.reason_not_ready", lambda: None)
    monkeypatch.setattr("portal.doctor.examination.check_work", lambda _at: [])
    make_event()

    assert "Nothing is broken" in admin.get(PLACE).text


def test_a_mux_that_is_dead_does_not_hold_the_page_up(
    app: Flask, admin: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.mux.gateway.PROBE_TIMEOUT_SECONDS", 0.3)
    with scripted_mux() as dead:
        dead.script.hangs = True
        settings = replace(app.extensions["settings"], mux_base_url=dead.url)
        monkeypatch.setitem(app.extensions, "mux", MuxApi(settings))
        started = time.monotonic()

        page = admin.get(PLACE)

        assert time.monotonic() - started < 3
        assert (page.status, len(dead.asked)) == (200, 1)
        assert "There is no answer of Mux’s" in page.text


@pytest.mark.parametrize("count", [1, 30])
def test_it_costs_the_same_however_much_there_is(app: Flask, admin: Reader, make_event: MakeEvent, count: int) -> None:
    for number in range(count):
        make_event(environment=f"env{number}")

    with queries_of(app) as sent:
        admin.get(PLACE)

    assert len(sent) < 25, sent


def test_the_command_ends_with_status_1_where_something_is_broken(app: Flask, mux: MuxDouble) -> None:
    mux.failure = MuxError(Trouble.CREDENTIALS, "Unauthorized request")

    result = app.test_cli_runner().invoke(args=["portal", "doctor"])

    assert result.exit_code == 1
    assert "BROKEN  Mux: Mux refuses the access token: Unauthorized request." in result.output
    assert "          MUX_TOKEN_ID=… MUX_TOKEN_SECRET=…" in result.output
    assert "token-secret" not in result.output


def test_the_command_ends_with_status_0_where_nothing_is_broken(
    app: Flask, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.doctor.examination.reason_not_ready", lambda: None)
    monkeypatch.setattr("portal.doctor.examination.check_work", lambda _at: [])
    make_event()

    result = app.test_cli_runner().invoke(args=["portal", "doctor"])

    assert result.exit_code == 0, result.output
    assert "look    Mail: No mails are sent" in result.output
