"""Signing in and out on pages."""

from flask import Flask

from portal.extensions import db
from portal.models import User
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.pages import Reader


def test_the_page_has_its_words(app: Flask) -> None:
    page = Reader(app).get("/auth/sign-in")

    assert page.heading == "Sign in"
    assert page.field("Email")["type"] == "email"
    assert page.field("Password")["type"] == "password"
    assert page.one("main button").get_text(strip=True) == "Sign in"


def test_a_coach_comes_to_the_studio_and_a_viewer_to_the_catalogue(app: Flask, cast: Cast) -> None:
    for user, place in ((cast.owner, "/coach/"), (cast.viewer, "/"), (cast.admin, "/")):
        reader = Reader(app)
        reader.get("/auth/sign-in")
        assert reader.post("/auth/sign-in", email=user.email, password=PASSWORD).location == place


def test_the_address_is_taken_in_any_case(app: Flask, cast: Cast) -> None:
    reader = Reader(app)
    reader.get("/auth/sign-in")

    assert reader.post("/auth/sign-in", email=f" {cast.viewer.email.upper()} ", password=PASSWORD).status == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(app: Flask, cast: Cast) -> None:
    answers = set()
    for email in (cast.viewer.email, "nobody@example.com"):
        reader = Reader(app)
        reader.get("/auth/sign-in")
        page = reader.post("/auth/sign-in", email=email, password="wrong")
        assert page.status == 422
        assert page.field("Email")["value"] == email
        assert not page.field("Password").get("value")
        answers.add(page.error_beside("Password"))
    assert answers == {"The e-mail address or the password is not right."}


def test_both_fields_are_asked_for_at_once(app: Flask) -> None:
    reader = Reader(app)
    reader.get("/auth/sign-in")

    page = reader.post("/auth/sign-in", email="", password="")

    assert page.error_beside("Email") == "Enter your e-mail address."
    assert page.error_beside("Password") == "Enter your password."


def test_too_many_failures_are_told_to_wait_and_do_not_shut_out_others(app: Flask, cast: Cast) -> None:
    reader = Reader(app)
    reader.get("/auth/sign-in")
    for _ in range(10):
        assert reader.post("/auth/sign-in", email=cast.viewer.email, password="guess").status == 422

    refused = reader.post("/auth/sign-in", email=cast.viewer.email, password=PASSWORD)

    assert refused.status == 429
    assert "Wait a little" in refused.error_beside("Password")
    assert reader.post("/auth/sign-in", email=cast.member.email, password=PASSWORD).status == 302


def test_a_form_without_its_token_is_refused(app: Flask, cast: Cast) -> None:
    page = Reader(app).post("/auth/sign-in", email=cast.viewer.email, password=PASSWORD)

    assert (page.status, page.heading) == (400, "That did not arrive as it should")


def test_signing_out_ends_the_session(app: Flask, cast: Cast) -> None:
    reader = Reader(app, cast.viewer)
    assert reader.get("/").status == 200

    assert reader.post("/auth/sign-out").location == "/auth/sign-in"
    assert reader.get("/").location == "/auth/sign-in?next=/"


def test_a_disabled_account_is_out_at_once(app: Flask, cast: Cast) -> None:
    reader = Reader(app, cast.owner)
    with app.app_context():
        user = db.session.get(User, cast.owner.id)
        assert user
        user.is_enabled = False
        db.session.commit()

    assert reader.get("/coach/").location == "/auth/sign-in?next=/coach/"
    again = Reader(app)
    again.get("/auth/sign-in")
    assert again.post("/auth/sign-in", email=cast.owner.email, password=PASSWORD).status == 422


def test_who_is_signed_in_needs_no_sign_in_page(app: Flask, cast: Cast) -> None:
    assert Reader(app, cast.viewer).get("/auth/sign-in").location == "/"


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(app: Flask, cast: Cast) -> None:
    reader = Reader(app)
    reader.get("/auth/sign-in")
    answer = reader.post("/auth/sign-in", email=cast.viewer.email, password=PASSWORD).answer

    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("portal_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
