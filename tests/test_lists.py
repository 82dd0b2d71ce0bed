"""Lists as parameters: of any length, of any type, and nothing is found that is not in them."""

import uuid
from collections.abc import Iterator, Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from portal.database.bare_select import BareConnection, BareSelect
from portal.extensions import db
from portal.models import Programme
from portal.models.list_parameter import among
from tests.conftest import Cast
from tests.factories import make_programme
from tests.queries import queries_of

BY_ID = select(Programme.product_id).where(among(Programme.product_id, "ids"))
BY_TITLE = select(Programme.title).where(among(Programme.title, "titles"))


@pytest.fixture
def titles(app: Flask, cast: Cast) -> Iterator[Sequence[str]]:
    titles = ["One", "It’s “two”", 'three, {and} \\ "four"']
    with app.app_context():
        owner = db.session.merge(cast.owner)
        for title in titles:
            make_programme(owner, title=title)
        yield titles


@pytest.mark.parametrize("how_many", [0, 1, 2, 3])
def test_what_is_in_the_list_is_found(titles: Sequence[str], how_many: int) -> None:
    wanted = titles[:how_many]

    assert set(db.session.scalars(BY_TITLE, {"titles": [*wanted, "None of these"]})) == set(wanted)


def test_ids_are_found_in_either_way_of_asking(titles: Sequence[str]) -> None:
    first, *others = db.session.scalars(select(Programme.product_id))

    assert db.session.scalars(BY_ID, {"ids": {first, uuid.uuid4()}}).all() == [first]
    rows = BareSelect(BY_ID).rows(BareConnection.within(db.session.connection()), ids=others)
    assert {product_id for (product_id,) in rows} == set(others)


def test_a_longer_list_is_the_same_statement(app: Flask, titles: Sequence[str]) -> None:
    with queries_of(app) as asked:
        for how_many in range(4):
            db.session.execute(BY_TITLE, {"titles": titles[:how_many]})

    assert len(set(asked)) == 1
