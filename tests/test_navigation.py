"""The way about in the header is kept, and yet is always the reader's own, of this page, as things stand now."""

import pytest
from flask import Flask
from sqlalchemy import update

from portal.extensions import db
from portal.models import Role, User
from tests.conftest import Cast
from tests.pages import Reader

LINKS = {
    "viewer": {"/", "/account/"},
    "owner": {"/", "/coach/", "/notices", "/account/"},
    "admin": {"/", "/coach/", "/admin/", "/notices", "/account/"},
}


def links_of(reader: Reader, path: str = "/") -> set[str]:
    return {str(link["href"]) for link in reader.get(path).all(".site-header a[href]")}


def test_each_role_finds_its_own_pages_whoever_looked_before(app: Flask, cast: Cast) -> None:
    readers = {who: Reader(app, cast[who]) for who in LINKS}
    for _ in range(2):
        assert {who: links_of(reader) for who, reader in readers.items()} == LINKS


def test_each_reader_finds_their_own_name(app: Flask, cast: Cast) -> None:
    names = [Reader(app, cast[who]).get("/").one(".account-words").text for who in ("viewer", "member", "viewer")]
    assert names == [cast.viewer.name, cast.member.name, cast.viewer.name]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", ["/"]),
        ("/coach/", ["/coach/"]),
        ("/notices", ["/notices"]),
        ("/account/", ["/account/"]),
        ("/admin/", ["/admin/"]),
        ("/admin/people", ["/admin/"]),
        ("/nothing-here", []),
    ],
)
def test_the_page_that_is_open_is_marked(app: Flask, cast: Cast, path: str, current: list[str]) -> None:
    admin = Reader(app, cast.admin)
    admin.get("/")
    assert [link["href"] for link in admin.get(path).all(".site-header [aria-current]")] == current


def test_a_change_to_the_account_is_in_the_next_page(app: Flask, cast: Cast) -> None:
    viewer = Reader(app, cast.viewer)
    assert links_of(viewer) == LINKS["viewer"]

    with app.app_context():
        db.session.execute(update(User).where(User.id == cast.viewer.id).values(name="Renamed", role=Role.COACH))
        db.session.commit()

    assert links_of(viewer) == LINKS["owner"]
    assert viewer.get("/").one(".account-words").text == "Renamed"


def test_the_way_out_works_in_every_session(app: Flask, cast: Cast) -> None:
    for reader in (Reader(app, cast.viewer), Reader(app, cast.viewer)):
        reader.get("/")
        assert reader.post("/auth/sign-out").location == "/auth/sign-in"
        assert reader.get("/").status == 302
