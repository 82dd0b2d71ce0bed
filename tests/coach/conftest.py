"""What the studio's tests share: its people as readers of pages, and programmes in any state."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Programme, Upload
from tests.conftest import Cast
from tests.pages import Reader

Make = Callable[..., Programme]
Kept = Callable[[], Programme]


@pytest.fixture
def owner(app: Flask, cast: Cast) -> Reader:
    return Reader(app, cast.owner)


@pytest.fixture
def kept(app: Flask) -> Kept:
    """The one programme that there is, as the database has it."""

    def read() -> Programme:
        with app.app_context():
            return db.session.scalars(select(Programme)).one()

    return read


@pytest.fixture
def attempts(app: Flask) -> Callable[[], list[Upload]]:
    """All attempts, in the order in which they were made."""

    def read() -> list[Upload]:
        with app.app_context():
            return list(db.session.scalars(select(Upload).order_by(Upload.id)))

    return read
