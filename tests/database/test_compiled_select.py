"""A SELECT of which only the text is kept says what SQLAlchemy would say."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import bindparam, literal, select

from portal.database.compiled import CompiledSelect
from portal.extensions import db
from portal.models import Programme, Status
from tests.clock import NOON

Make = Callable[..., Programme]

PARTS = [Programme.product_id, Programme.status, Programme.tags, Programme.created_at, Programme.is_premium]


def test_rows_are_converted_by_their_columns_types(in_app: Flask, make: Make) -> None:
    make(title="100 % “café”", tags=["übung", "%s :x"], status=Status.ERRORED)
    statement = select(*PARTS, literal("50 %"))

    rows = CompiledSelect(statement, db.engine.dialect).rows(db.session.connection(), {})

    assert list(map(tuple, rows)) == list(map(tuple, db.session.execute(statement)))


def test_parameters_are_converted_by_theirs(in_app: Flask, make: Make) -> None:
    early, late = make(created_at=NOON), make(created_at=NOON + timedelta(days=1))
    since = bindparam("since", type_=Programme.created_at.type)
    chosen = select(Programme.product_id).where(Programme.created_at > since, Programme.status == Status.READY)
    kept = CompiledSelect(chosen, db.engine.dialect)

    def found(hours: int) -> set[uuid.UUID]:
        asked = {"since": NOON + timedelta(hours=hours), "left_over": "what no part of the statement asks for"}
        return {row[0] for row in kept.rows(db.session.connection(), asked)}

    assert found(-1) == {early.product_id, late.product_id}
    assert found(1) == {late.product_id}
