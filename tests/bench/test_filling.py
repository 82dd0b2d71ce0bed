"""A filled database is one that the portal's own queries read."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, func, select

from bench.databases import Database
from bench.filling import fill
from bench.mux_events import add_awaiting, ready_events
from bench.people import COACH, PASSWORD
from bench.programmes import RARE
from bench.words import RARE_TAG, RARE_WORD
from portal.clock import system_clock
from portal.extensions import db
from portal.models import History, Product, Programme, Status, Upload
from portal.models.catalogue import Filter, count_programmes, newest_published, own_programmes
from portal.models.user import select_user_by_email
from portal.people.accounts import authenticate
from tests.clock import NOON
from tests.conftest import WEBHOOK_SECRETS
from tests.factories import make_programme

ROWS = 300


@pytest.fixture
def filled(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    fill(engine, ROWS, NOON)
    yield engine
    engine.dispose()


def test_every_programme_has_its_product_attempt_and_history(filled: Engine, in_app: Flask) -> None:
    for table in (Product, Programme, Upload):
        assert db.session.scalar(select(func.count()).select_from(table)) == ROWS
    assert db.session.scalar(select(func.count(History.product_id.distinct()))) == ROWS


def test_there_are_programmes_in_every_state(filled: Engine, in_app: Flask) -> None:
    counted = count_programmes()

    assert sum(counted.values()) == ROWS
    assert min(counted.values()) > 0
    assert counted[Status.READY] > ROWS / 2


def test_the_rare_word_and_tag_stand_in_a_handful_of_published_ones(filled: Engine, in_app: Flask) -> None:
    for wanted in (Filter(tag=RARE_TAG), Filter(search=RARE_WORD)):
        assert len(newest_published(wanted, limit=100, after=None).items) == RARE


def test_words_are_found_that_are_written_after_filling(filled: Engine, in_app: Flask) -> None:
    """The index of words is built once at the end, and then kept as everywhere else."""
    coach = db.session.scalars(select_user_by_email(COACH)).one()
    make_programme(coach, title="Xylophones", at=NOON - timedelta(days=3650))

    assert len(newest_published(Filter(search="xylophone"), limit=100, after=None).items) == 1


def test_the_coach_has_an_account_and_programmes(filled: Engine, in_app: Flask) -> None:
    coach = db.session.scalars(select_user_by_email(COACH)).one()

    owned = own_programmes(coach.id, limit=100, after=None).items

    assert authenticate(COACH, PASSWORD) == coach
    assert {programme.owner_id for programme in owned} == {coach.id}


def test_an_event_brings_a_waiting_programme_to_ready(filled: Engine, app: Flask) -> None:
    url = filled.url.render_as_string(hide_password=False)
    app.extensions["clock"] = system_clock
    (product_id,) = add_awaiting(Database(url=url, engine=filled, rows=ROWS, server=None), 1)
    (call,) = ready_events([product_id], WEBHOOK_SECRETS[0])

    answer = call.send(app.test_client(use_cookies=False))

    assert answer.get_json() == {"outcome": "applied"}
    with app.app_context():
        programme = db.session.get_one(Programme, product_id)
        assert (programme.status, programme.is_published) == (Status.READY, True)
