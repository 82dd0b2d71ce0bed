"""SELECTs past SQLAlchemy say what SQLAlchemy would say."""

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Boolean, Engine, Enum, Integer, String, Text, Uuid, bindparam, literal, select, update
from sqlalchemy.types import TypeEngine

from portal.database.bare_select import BareSelect
from portal.extensions import db
from portal.models import Programme, Role, Status, User
from portal.models.base import RowId, UtcDateTime
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.reading import reading

BERLIN_IN_SUMMER = timezone(timedelta(hours=2))
NAMES = BareSelect(select(User.name))


@pytest.fixture
def engine(app: Flask) -> Engine:
    with app.app_context():
        return db.engine


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Integer(), 0),
        (Integer(), 2**31 - 1),
        (RowId, -(2**63)),
        (RowId, 2**63 - 1),
        (Boolean(), True),
        (Text(), ""),
        (Text(), "it’s 100 % “café” $1 ? :name \\ \U0001f3ac"),
        (String(3), "été"),
        (Uuid(), uuid.UUID(int=2**128 - 1)),
        (UtcDateTime(), NOON),
        (UtcDateTime(), datetime(1901, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)),
        (UtcDateTime(), NOON.astimezone(BERLIN_IN_SUMMER)),
        (Enum(Role, native_enum=False, values_callable=lambda roles: [role.value for role in roles]), Role.COACH),
        (Text(), None),
        (RowId, None),
        (UtcDateTime(), None),
    ],
    ids=str,
)
def test_what_is_sent_comes_back_as_it_was(engine: Engine, kind: TypeEngine[Any], value: Any) -> None:
    echo = BareSelect(select(bindparam("value", type_=kind), literal(7)))
    with reading(engine) as reader:
        assert echo.rows(reader, value=value) == [(value, 7)]
        assert echo.rows(reader, value=value) == [(value, 7)]


def test_a_value_may_stand_in_the_statement_itself(engine: Engine) -> None:
    admins = BareSelect(select(User.id).where(User.role == Role.ADMIN, User.id == bindparam("id")))
    with reading(engine) as reader:
        assert admins.rows(reader, id=-1) == []


def test_values_of_all_sizes_may_be_asked_for_in_turn(engine: Engine) -> None:
    echo = BareSelect(select(bindparam("value", type_=RowId)))
    with reading(engine) as reader:
        for value in (1, 40_000, 3_000_000_000, None, 2):
            assert echo.first(reader, value=value) == (value,)


def test_a_parameter_that_stands_twice_is_given_once(engine: Engine) -> None:
    a, b = bindparam("a", type_=Integer), bindparam("b", type_=Integer)
    twice = BareSelect(select(a, b, a + b))
    with reading(engine) as reader:
        assert twice.first(reader, b=2, a=1) == (1, 2, 3)


def test_a_row_of_a_table_is_read_as_sqlalchemy_reads_it(app: Flask, cast: Cast) -> None:
    with app.app_context():
        made = make_programme(cast.owner, status=Status.ERRORED, title="Überblick", tags=["a", "é"], deleted_at=NOON)
        db.session.commit()
        chosen = select(*Programme.__table__.columns).where(Programme.product_id == bindparam("product_id"))
        with reading(db.engine) as reader:
            found = BareSelect(chosen).rows(reader, product_id=made.product_id)
        assert found == [tuple(row) for row in db.session.execute(chosen, {"product_id": made.product_id})]


def test_many_rows_come_in_order_and_none_are_an_empty_list(engine: Engine) -> None:
    numbers = select(literal(1).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < bindparam("most", type_=Integer)))
    up_to = BareSelect(select(numbers.c.number).where(numbers.c.number <= bindparam("most", type_=Integer)))
    with reading(engine) as reader:
        assert up_to.rows(reader, most=300) == [(number,) for number in range(1, 301)]
        assert up_to.rows(reader, most=0) == []
        assert up_to.first(reader, most=0) is None


def test_each_select_sees_what_was_committed_before_it(app: Flask, cast: Cast) -> None:
    with app.app_context(), reading(db.engine) as reader:
        seen = [NAMES.rows(reader)]
        db.session.execute(update(User).where(User.id == cast.viewer.id).values(name="Renamed"))
        db.session.commit()
        seen.append(NAMES.rows(reader))
    assert [("Renamed",) in names for names in seen] == [False, True]
