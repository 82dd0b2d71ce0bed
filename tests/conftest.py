"""What every test may ask for: an application on each database, a stopped clock, a Mux in memory, and one cast."""

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import create_app
from portal.config import Settings
from portal.extensions import db
from portal.logs import configure_logs
from portal.models import Programme, Role, User
from portal.nudge import WorkName
from tests.clock import NOON, StoppedClock
from tests.factories import make_programme, make_user
from tests.mux_double import MuxDouble

pytest.register_assert_rewrite("tests.pages", "tests.browser.stack")
pytest_plugins = ["tests.databases", "tests.callers"]

WEBHOOK_SECRETS = ("whsec-new", "whsec-old")


# On CI the same examples every time; on a laptop new ones, which is how new faults are found.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On CI a test that did not run is a test that failed."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped on CI: {report.longrepr}"
    return report


@dataclass(frozen=True)
class Cast:
    """The people of every story: the owner made the programme, the other coach must not touch it."""

    owner: User
    other_coach: User
    viewer: User
    member: User
    admin: User

    def __getitem__(self, name: str) -> User:
        user: User = getattr(self, name)
        return user


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def mux() -> MuxDouble:
    return MuxDouble()


@pytest.fixture
def nudged() -> list[WorkName]:
    """What the worker was told to do at once."""
    return []


@pytest.fixture
def settings(database_url: str, instance: Path) -> Settings:
    return Settings(
        secret_key="s" * 40,
        jwt_secret_keys=("j" * 40,),
        database_url=database_url,
        public_url="http://portal.test",
        instance=instance,
        mux_token_id="token-id",
        mux_token_secret="token-secret",
        mux_webhook_secrets=WEBHOOK_SECRETS,
        mux_base_url="http://mux.test:8001",
        argon2_memory_kib=8,
        log_format="console",
    )


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="session")
def applications() -> Iterator[dict[Settings, Flask]]:
    """Making an application takes longer than most tests do: those with equal settings share one."""
    made: dict[Settings, Flask] = {}
    yield made
    for app in made.values():
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(
    settings: Settings,
    mux: MuxDouble,
    clock: StoppedClock,
    nudged: list[WorkName],
    applications: dict[Settings, Flask],
) -> Iterator[Flask]:
    if settings not in applications:
        applications[settings] = create_app(settings)
    app = applications[settings]
    app.extensions.update(mux=mux, clock=clock, nudge=nudged.append)
    configure_logs(settings)  # to the output that is captured now
    config = dict(app.config)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False  # the answer of a crash is tested too
    yield app
    app.config.clear()
    app.config.update(config)
    app.extensions["rate_limiter"].storage.reset()
    with app.app_context():
        db.session.remove()


@pytest.fixture
def start(settings: Settings, clock: StoppedClock) -> Iterator[Callable[..., Flask]]:
    """Start a further application on the same database, with some settings changed."""
    started: list[Flask] = []

    def start_one(**changes: Any) -> Flask:
        started.append(create_app(replace(settings, **changes), mux=MuxDouble(), clock=clock))
        return started[-1]

    yield start_one
    for app in started:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    """An open context, for tests that work on rows and send no requests."""
    with app.app_context():
        yield app
        db.session.rollback()


@pytest.fixture
def cast(app: Flask) -> Cast:
    with app.app_context():
        people = Cast(
            owner=make_user(Role.COACH, "Olive Owner"),
            other_coach=make_user(Role.COACH, "Oscar Other"),
            viewer=make_user(Role.VIEWER, "Vera Viewer"),
            member=make_user(Role.VIEWER, "Milo Member", member_until=NOON + timedelta(days=30)),
            admin=make_user(Role.ADMIN, "Ada Admin"),
        )
        db.session.commit()
        db.session.expunge_all()
        return people


@pytest.fixture
def make(app: Flask, cast: Cast) -> Callable[..., Programme]:
    """Make a programme of the owner's, in any state, and keep it."""

    def make_one(**values: Any) -> Programme:
        with app.app_context():
            programme = make_programme(cast.owner, **values)
            db.session.commit()
            return programme

    return make_one
