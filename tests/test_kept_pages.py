"""Lists on pages are kept while the database stands still: nobody is shown what is over, or what is another's."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from portal.extensions import db
from portal.models import Programme, User
from tests.conftest import Cast
from tests.pages import Reader
from tests.queries import queries_of

Make = Callable[..., Programme]


@pytest.mark.parametrize(("path", "who"), [("/", "viewer"), ("/coach/", "owner")])
@pytest.mark.parametrize("count", [1, 30])
def test_a_page_that_was_made_before_costs_one_query(
    app: Flask, cast: Cast, make: Make, *, path: str, who: str, count: int
) -> None:
    for _ in range(count):
        make()
    reader = Reader(app, cast[who])
    before = reader.get(path)

    with queries_of(app) as sent:
        again = reader.get(path)

    assert len(sent) == 1, sent
    assert again.one("main") == before.one("main")


@pytest.mark.parametrize(("path", "who"), [("/", "viewer"), ("/coach/", "owner")])
def test_what_was_committed_stands_in_the_next_page(app: Flask, cast: Cast, make: Make, path: str, who: str) -> None:
    make()
    reader = Reader(app, cast[who])
    reader.get(path)

    with app.app_context():
        db.session.execute(update(Programme).values(title="Renamed this moment"))
        db.session.commit()

    assert "Renamed this moment" in reader.get(path).text


def test_moving_pictures_are_for_whoever_may_watch(app: Flask, cast: Cast, make: Make) -> None:
    make(is_premium=True)

    shown = {who: bool(Reader(app, cast[who]).get("/").all("[data-preview]")) for who in ("member", "viewer", "owner")}
    again = {who: bool(Reader(app, cast[who]).get("/").all("[data-preview]")) for who in ("viewer", "owner", "member")}

    assert shown == again == {"member": True, "viewer": False, "owner": True}


def test_a_disabled_account_is_shown_nothing_that_was_kept(app: Flask, cast: Cast, make: Make) -> None:
    make()
    reader = Reader(app, cast.viewer)
    assert reader.get("/").status == 200

    with app.app_context():
        db.session.execute(update(User).where(User.id == cast.viewer.id).values(is_enabled=False))
        db.session.commit()

    assert reader.get("/").status == 302
