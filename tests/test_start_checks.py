"""What keeps a production start from running with accounts that everybody knows the password of."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.config import ConfigError
from portal.demo_accounts import PASSWORD, PEOPLE, NotADemoError, make_demo_accounts
from portal.extensions import db
from portal.start_checks import refuse_demo_accounts

Start = Callable[..., Flask]


def test_demo_accounts_are_made_once_and_work(start: Start) -> None:
    app = start(is_demo=True, public_url="http://127.0.0.1:8000")
    make_them(app)
    make_them(app)

    for email, _, role, _ in PEOPLE:
        answer = app.test_client().post("/auth/token", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, role


@pytest.mark.parametrize(
    "changes",
    [
        {"is_demo": False, "public_url": "http://127.0.0.1:8000"},
        {"is_demo": True, "public_url": "https://portal.example"},
        {"is_demo": True, "public_url": "http://127.0.0.1.evil.example"},
    ],
)
def test_they_are_made_in_the_demo_and_on_this_machine_only(start: Start, changes: dict[str, object]) -> None:
    with pytest.raises(NotADemoError):
        make_them(start(**changes))


def test_a_production_start_refuses_a_database_that_holds_them(start: Start) -> None:
    make_them(start(is_demo=True, public_url="http://127.0.0.1:8000"))
    production = start(is_demo=False)

    with pytest.raises(ConfigError, match="DATABASE_URL leads to the demo's database"):
        refuse_demo_accounts(production)
    answer = production.test_client().post("/auth/token", json={"email": PEOPLE[0][0], "password": PASSWORD})
    assert answer.status_code == 401


def test_a_database_without_them_is_let_be(start: Start) -> None:
    refuse_demo_accounts(start(is_demo=False))


def test_a_database_that_does_not_answer_is_left_to_readyz(start: Start) -> None:
    away = start(is_demo=False, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")

    refuse_demo_accounts(away)

    answer = away.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unavailable")
    assert "does not answer" in answer.get_json()["reason"]
    assert away.test_client().get("/healthz").status_code == 200


def make_them(app: Flask) -> None:
    with app.app_context():
        make_demo_accounts(app.extensions["settings"])
        db.session.commit()
        db.session.remove()
