"""Leaving: the account ends at once, and nothing is left that says whose it was."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Mail, Product, Programme, User
from tests.callers import Api
from tests.clock import StoppedClock
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.pages import Page, Reader
from tests.people.conftest import Postman, can_sign_in, change, row_of

PLACE = "/account/deletion"
MakeProgramme = Callable[..., Programme]


def delete(reader: Reader, **fields: str) -> Page:
    reader.get(PLACE)
    return reader.post(PLACE, **({"password": PASSWORD} | fields))


def test_a_viewer_is_gone_at_once_and_altogether(app: Flask, cast: Cast, postman: Postman, api: Api) -> None:
    reader, elsewhere, token = Reader(app, cast.viewer), Reader(app, cast.viewer), api.token_of("viewer")
    assert PLACE in reader.get("/account/").links()
    assert reader.get(PLACE).heading == "Delete your account"

    gone = delete(reader)

    assert (gone.status, gone.location) == (303, "/auth/sign-in")
    assert gone.answer.headers["Clear-Site-Data"] == '"cache"'
    assert "Your account is deleted." in reader.get("/auth/sign-in").text
    assert row_of(app, cast.viewer) is None
    assert (reader.get("/").status, elsewhere.get("/").status) == (302, 302)
    answer = app.test_client().get("/programme", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert not can_sign_in(app, cast.viewer.email, PASSWORD)
    assert postman.subjects_to(cast.viewer.email) == ["Your account is deleted"]


@pytest.mark.parametrize(
    ("password", "words"),
    [("", "Enter your password."), ("wrong", "This is not your password."), ("x" * 1025, "This password is too long.")],
)
def test_the_password_is_asked_for(app: Flask, cast: Cast, password: str, words: str) -> None:
    reader = Reader(app, cast.viewer)

    page = delete(reader, password=password)

    assert (page.status, page.error_beside("Password")) == (422, words)
    assert reader.get("/").status == 200


def test_guessing_the_password_is_stopped(app: Flask, cast: Cast) -> None:
    reader = Reader(app, cast.viewer)
    for _ in range(10):
        assert delete(reader, password="guess").status == 422

    page = delete(reader)

    assert page.status == 429
    assert int(page.answer.headers["Retry-After"]) > 0
    assert row_of(app, cast.viewer) is not None


def test_a_coach_with_programmes_is_asked_what_becomes_of_them(app: Flask, cast: Cast, make: MakeProgramme) -> None:
    programme = make()
    reader = Reader(app, cast.owner)

    page = delete(reader)

    assert page.status == 409
    assert "You have 1 programme." in page.text
    assert page.error_beside("Delete my programmes, too") == "Say that they may go, or have them handed over first."
    assert reader.get("/coach/").status == 200
    assert state_of(app, programme).deleted_at is None


def test_with_their_coach_programmes_go_too_and_a_nameless_account_stays(
    app: Flask, cast: Cast, make: MakeProgramme, postman: Postman, clock: StoppedClock
) -> None:
    programme, deleted_before = make(), make(deleted_at=clock(), is_published=False)
    others = make_others(app, cast)

    assert delete(Reader(app, cast.owner), programmes_too="y").status == 303

    assert state_of(app, programme).deleted_at == clock()
    assert not state_of(app, programme).is_published
    assert state_of(app, deleted_before).deleted_at == clock()
    assert state_of(app, others).deleted_at is None
    row = row_of(app, cast.owner)
    assert row is not None
    assert (row.name, row.email) == ("Former coach", f"deleted-account-{row.id}")
    assert (row.password_hash, row.is_enabled, row.wants_mail) == ("", False, False)
    assert postman.subjects_to(cast.owner.email) == ["Your account is deleted"]
    assert not can_sign_in(app, cast.owner.email, PASSWORD)


def test_who_has_handed_the_programmes_over_can_go(app: Flask, cast: Cast, make: MakeProgramme) -> None:
    programme = make()
    admin = Reader(app, cast.admin)
    admin.get("/account/")
    assert admin.post(f"/admin/people/{cast.owner.id}/handover", hand_over_to=cast.other_coach.email).status == 303

    assert delete(Reader(app, cast.owner)).status == 303

    assert row_of(app, cast.owner) is None
    assert state_of(app, programme).is_published


def test_the_address_is_free_again(app: Flask, cast: Cast, make: MakeProgramme, postman: Postman) -> None:
    make()
    delete(Reader(app, cast.owner), programmes_too="y")
    stranger = Reader(app)
    stranger.get("/auth/register")
    stranger.post("/auth/register", name="Olive", email=cast.owner.email, password="seven quiet herons")

    assert stranger.post(postman.link_to(cast.owner.email)).status == 303

    assert can_sign_in(app, cast.owner.email, "seven quiet herons")


def test_a_nameless_account_is_nobody_s_to_take_over(
    app: Flask, cast: Cast, make: MakeProgramme, postman: Postman
) -> None:
    make()
    delete(Reader(app, cast.owner), programmes_too="y")
    change(app, cast.owner, is_enabled=True)  # an administrator can
    stranger = Reader(app)
    stranger.get("/auth/sign-in")
    left = len(postman.mails())

    address = f"deleted-account-{cast.owner.id}"
    assert stranger.post("/auth/forgotten-password", email=address).status == 422
    assert stranger.post("/auth/sign-in", email=address, password="").status == 422
    assert stranger.post("/auth/sign-in", email=address, password=PASSWORD).status == 422
    assert len(postman.mails()) == left


def test_the_mails_of_an_account_go_with_it(app: Flask, cast: Cast, postman: Postman) -> None:
    reader = Reader(app, cast.viewer)
    reader.get("/auth/sign-in")
    stranger = Reader(app)
    stranger.get("/auth/sign-in")
    stranger.post("/auth/forgotten-password", email=cast.viewer.email)
    link = postman.link_to(cast.viewer.email)

    delete(reader)

    with app.app_context():
        assert [mail.subject for mail in db.session.scalars(select(Mail))] == ["Your account is deleted"]
    assert stranger.get(link).status == 404


def test_the_last_active_administrator_stays(app: Flask, cast: Cast) -> None:
    reader = Reader(app, cast.admin)

    page = delete(reader)

    assert page.status == 409
    assert page.error_beside("Password") == "This is the only active administrator. Make somebody else one first."
    assert reader.get("/admin/").status == 200


def test_one_of_two_administrators_may_go(app: Flask, cast: Cast) -> None:
    change(app, cast.viewer, role=cast.admin.role)

    assert delete(Reader(app, cast.admin)).status == 303

    assert delete(Reader(app, cast.viewer)).status == 409


def state_of(app: Flask, programme: Programme) -> Programme:
    with app.app_context():
        return db.session.get_one(Programme, programme.product_id)


def make_others(app: Flask, cast: Cast) -> Programme:
    with app.app_context():
        other = db.session.get_one(User, cast.other_coach.id)
        product = Product(owner_id=other.id, created_at=other.created_at)
        at = other.created_at
        programme = Programme(product=product, title="Theirs", created_at=at, updated_at=at)
        db.session.add(programme)
        db.session.commit()
        return programme
