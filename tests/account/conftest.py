"""What the tests of one's own page share."""

import pytest
from flask import Flask

from tests.conftest import Cast
from tests.pages import Reader


@pytest.fixture
def reader(app: Flask, cast: Cast) -> Reader:
    return Reader(app, cast.owner)
