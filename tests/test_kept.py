"""What was made of the database's words is kept while the database stands where it stood, and not a moment longer."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.database.bare_select import BareSelect
from portal.database.stamp import DatabaseStamp, StampColumn
from portal.extensions import db
from portal.kept import MOST_KEPT_BYTES, Kept
from portal.models import User
from tests.clock import NOON
from tests.reading import reading

MINUTE = timedelta(minutes=1)
ONLY_STAMP = BareSelect(select(StampColumn()))


@pytest.fixture
def kept() -> Kept[bytes]:
    kept: Kept[bytes] = Kept()
    kept.put("list", "stamp 1", b"made", at=NOON, until=NOON + MINUTE)
    return kept


def test_it_is_found_under_its_name_and_stamp(kept: Kept[bytes]) -> None:
    assert kept.find("list", "stamp 1", NOON) == b"made"
    assert kept.find("other list", "stamp 1", NOON) is None
    assert kept.find("list", "stamp 2", NOON) is None


def test_it_holds_from_when_it_was_made_to_before_its_end(kept: Kept[bytes]) -> None:
    assert kept.find("list", "stamp 1", NOON + MINUTE - timedelta(microseconds=1)) == b"made"
    assert kept.find("list", "stamp 1", NOON + MINUTE) is None
    assert kept.find("list", "stamp 1", NOON - timedelta(seconds=1)) is None


def test_another_stamp_clears_the_shelf(kept: Kept[bytes]) -> None:
    kept.put("list", "stamp 2", b"made anew", at=NOON, until=NOON + MINUTE)
    assert kept.find("list", "stamp 1", NOON) is None
    assert kept.find("list", "stamp 2", NOON) == b"made anew"


def test_a_full_shelf_is_cleared_for_what_comes(kept: Kept[bytes]) -> None:
    kept.put("long", "stamp 1", b"x" * MOST_KEPT_BYTES, at=NOON, until=NOON + MINUTE)
    assert kept.find("list", "stamp 1", NOON) is None
    assert kept.find("long", "stamp 1", NOON) is not None


@pytest.mark.usefixtures("cast")
def test_the_stamp_stays_while_nothing_is_committed(app: Flask) -> None:
    assert _stamps(app, 3) == _stamps(app, 1) * 3


@pytest.mark.usefixtures("cast")
def test_any_commit_moves_the_stamp(app: Flask) -> None:
    before = _stamps(app, 1)
    with app.app_context():
        db.session.execute(update(User).values(name="Renamed"))
        db.session.commit()
    assert _stamps(app, 1) != before


def _stamps(app: Flask, count: int) -> list[str]:
    """The stamp, asked for so many times."""
    with app.app_context():
        engine = db.engine
    asking = app.extensions.setdefault("test_stamp", DatabaseStamp(engine))
    found = []
    for _ in range(count):
        beforehand = asking.before_reading()
        with reading(engine) as reader:
            found.append(beforehand or ONLY_STAMP.rows(reader)[0][0])
    return found
