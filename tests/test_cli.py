"""The operator's commands."""

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Role, Status, Upload
from portal.mux.facts import Fact, Report
from portal.mux.gateway import MuxError, Trouble
from portal.people.accounts import authenticate
from tests.clock import StoppedClock
from tests.conftest import Cast
from tests.factories import make_programme
from tests.mux_double import MuxDouble


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["portal", *words])


def test_create_user_makes_an_account_that_can_sign_in(app: Flask) -> None:
    options = ("--name", "Ida", "--role", "ADMIN", "--password", "a long password")

    assert run(app, "create-user", "Ida@Example.com", *options).exit_code == 0

    with app.app_context():
        user = authenticate("ida@example.com", "a long password")
        assert user
        assert (user.name, user.role) == ("Ida", Role.ADMIN)


@pytest.mark.parametrize(
    ("email", "password", "complaint"),
    [
        ("new@example.com", "short", "at least 10 characters"),
        ("vera-viewer@example.com", "a long password", "There is an account with the address"),
    ],
)
def test_create_user_says_what_is_wrong(app: Flask, cast: Cast, email: str, password: str, complaint: str) -> None:
    result = run(app, "create-user", email, "--name", "X", "--password", password)

    assert result.exit_code == 1
    assert complaint in result.output


def test_signing_key_prints_the_two_lines_for_the_environment(app: Flask) -> None:
    assert run(app, "signing-key").output == "MUX_SIGNING_KEY=key-1\nMUX_PRIVATE_KEY=cGVt\n"


def test_signing_key_says_why_there_is_none(app: Flask, mux: MuxDouble) -> None:
    mux.failure = MuxError(Trouble.CREDENTIALS, "Unauthorized request")

    result = run(app, "signing-key")

    assert result.exit_code == 1
    assert "Mux made no key: Unauthorized request" in result.output


def test_settle_asks_mux_about_what_is_due(app: Flask, cast: Cast, mux: MuxDouble, clock: StoppedClock) -> None:
    with app.app_context():
        programme = make_programme(cast.owner, status=Status.PROCESSING)
        attempt = db.session.scalars(select(Upload)).one()
        attempt.check_due_at = clock.at
        mux.assets[str(attempt.asset_id)] = Report(
            fact=Fact.ASSET_READY, asset_id=attempt.asset_id, playback_id="p-1", duration_seconds=3
        )
        db.session.commit()

    assert "ask-mux: 1 done.\npay-discards: 0 done.\n" in run(app, "settle").output

    with app.app_context():
        db.session.add(programme)
        db.session.refresh(programme)
        assert programme.status is Status.READY
