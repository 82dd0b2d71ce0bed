"""Registering: an account comes to be once its address is confirmed, and not before."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Registration, Role, UserSession
from portal.nudge import WorkName
from portal.upkeep.housekeeping import forget_the_old
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.pages import Reader
from tests.people.conftest import Postman, account_with, can_sign_in
from tests.turns import at_once

WORDS = "seven quiet herons"
NEW = {"name": "Nora New", "email": "Nora@Example.com ", "password": WORDS}


def test_the_sign_in_page_leads_to_registration_and_forgotten_passwords(stranger: Reader) -> None:
    assert {"/auth/register", "/auth/forgotten-password"} <= set(stranger.get("/auth/sign-in").links())


def test_whoever_confirms_the_address_has_an_account_as_a_viewer(
    app: Flask, stranger: Reader, postman: Postman, nudged: list[WorkName]
) -> None:
    page = stranger.get("/auth/register")
    assert (page.heading, page.field("Password")["autocomplete"]) == ("Register", "new-password")

    asked = stranger.post("/auth/register", **NEW)

    assert (asked.status, asked.heading) == (200, "Look into your mail")
    assert "We have sent a mail to Nora@Example.com" in asked.text
    assert nudged == [WorkName.SEND_MAILS]
    assert not can_sign_in(app, "nora@example.com", WORDS)

    link = postman.link_to("nora@example.com")
    assert link.startswith("/auth/confirm/")
    for _ in range(2):  # a program that looks into mails may have followed it before
        assert stranger.get(link).heading == "Confirm your address"
    assert account_with(app, "nora@example.com") is None
    assert stranger.post(link).location == "/auth/sign-in"
    assert "Your account is ready" in stranger.get("/auth/sign-in").text

    user = account_with(app, "nora@example.com")
    assert user is not None
    assert (user.name, user.role, user.is_enabled, user.created_at) == ("Nora New", Role.VIEWER, True, NOON)
    assert can_sign_in(app, "nora@example.com", WORDS)
    assert registrations(app) == 0


def test_a_link_serves_once(app: Flask, stranger: Reader, postman: Postman) -> None:
    stranger.post("/auth/register", **NEW)
    link = postman.link_to("nora@example.com")
    assert stranger.post(link).status == 303

    for page in (stranger.get(link), stranger.post(link)):
        assert (page.status, page.heading) == (404, "This link is no good any more")
        assert "/auth/register" in page.links()


def test_of_several_tries_the_confirmed_one_becomes_the_account_and_the_others_come_to_nothing(
    app: Flask, stranger: Reader, postman: Postman
) -> None:
    stranger.post("/auth/register", **NEW)
    first = postman.link_to("nora@example.com")
    stranger.post("/auth/register", **(NEW | {"password": "eight quiet herons"}))
    second = postman.link_to("nora@example.com")
    assert first != second

    assert stranger.post(first).status == 303

    assert stranger.post(second).status == 404
    assert can_sign_in(app, "nora@example.com", WORDS)
    assert not can_sign_in(app, "nora@example.com", "eight quiet herons")


@pytest.mark.parametrize(("waited", "status"), [(timedelta(days=2, seconds=-1), 200), (timedelta(days=2), 404)])
def test_a_link_is_good_for_two_days(
    stranger: Reader, postman: Postman, clock: StoppedClock, waited: timedelta, status: int
) -> None:
    stranger.post("/auth/register", **NEW)
    link = postman.link_to("nora@example.com")

    clock.at += waited

    assert stranger.get(link).status == status


def test_what_nobody_confirmed_is_forgotten(app: Flask, stranger: Reader, clock: StoppedClock) -> None:
    stranger.post("/auth/register", **NEW)
    with app.app_context():
        forget_the_old(clock(), at_once)
    assert registrations(app) == 1

    clock.advance(days=2)
    with app.app_context():
        forget_the_old(clock(), at_once)
    assert registrations(app) == 0


def test_whoever_has_an_account_is_told_by_mail_and_can_choose_a_new_password(
    app: Flask, cast: Cast, stranger: Reader, postman: Postman
) -> None:
    page = stranger.post("/auth/register", **(NEW | {"email": cast.viewer.email.upper()}))

    assert page.heading == "Look into your mail"
    assert postman.subjects_to(cast.viewer.email) == ["You have an account already"]
    assert postman.link_to(cast.viewer.email).startswith("/auth/reset-password/")
    assert registrations(app) == 0


def test_the_words_that_somebody_typed_as_a_name_are_not_mailed_to_strangers(
    stranger: Reader, postman: Postman
) -> None:
    stranger.post("/auth/register", **(NEW | {"name": "Win now at evil.example"}))

    ((_, _, text),) = postman.mails()
    assert "evil" not in text


@pytest.mark.parametrize(
    ("fields", "label", "words"),
    [
        ({"name": " "}, "Name", "Enter a name."),
        ({"name": "x" * 101}, "Name", "Use 100 characters at the most."),
        ({"name": "Nora\nNew"}, "Name", "Remove the characters that can’t be shown."),
        ({"email": ""}, "Email", "Enter an e-mail address."),
        ({"email": "nora"}, "Email", "This is not an e-mail address. Write it like ada@example.com."),
        ({"email": "nora@localhost"}, "Email", "This is not an e-mail address. Write it like ada@example.com."),
        ({"email": "nora@example..com"}, "Email", "This is not an e-mail address. Write it like ada@example.com."),
        ({"email": "a@b@example.com"}, "Email", "This is not an e-mail address. Write it like ada@example.com."),
        ({"email": "nora new@example.com"}, "Email", "This is not an e-mail address. Write it like ada@example.com."),
        ({"email": "a,b@example.com"}, "Email", "This is not an e-mail address. Write it like ada@example.com."),
        ({"email": "<nora@example.com>"}, "Email", "This is not an e-mail address. Write it like ada@example.com."),
        ({"email": "nora\x00@example.com"}, "Email", "This is not an e-mail address. Write it like ada@example.com."),
        ({"email": f"{'n' * 250}@example.com"}, "Email", "This address is too long."),
        ({"password": ""}, "Password", "Enter a password."),
        ({"password": "nine char"}, "Password", "Use at least 10 characters."),
        ({"password": "ab" * 513}, "Password", "Use 1024 characters at the most."),
        ({"password": "Password123!"}, "Password", "one of the first passwords"),
        ({"password": "Nora@example.com"}, "Password", "your name or address"),
    ],
)
def test_what_breaks_a_rule_is_told_beside_its_field(
    app: Flask, stranger: Reader, fields: dict[str, str], label: str, words: str
) -> None:
    page = stranger.post("/auth/register", **(NEW | fields))

    assert page.status == 422
    assert words in page.error_beside(label)
    assert not page.field("Password").get("value")
    assert registrations(app) == 0


@pytest.mark.parametrize("registration", ["closed", "invitation"])
def test_where_registration_is_not_open_it_says_so_and_old_links_are_void(
    app: Flask, start: Callable[..., Flask], stranger: Reader, postman: Postman, registration: str
) -> None:
    stranger.post("/auth/register", **NEW)
    link = postman.link_to("nora@example.com")
    reader = Reader(start(registration=registration))

    page = reader.get("/auth/register")
    assert (page.status, page.heading) == (404, "Registration is closed")
    sign_in = reader.get("/auth/sign-in")
    assert "/auth/register" not in sign_in.links()
    assert reader.post("/auth/register", **NEW).status == 404
    assert reader.get(link).status == 404
    assert reader.post(link).status == 404
    assert account_with(app, "nora@example.com") is None


def test_who_is_signed_in_needs_no_registration(app: Flask, cast: Cast) -> None:
    assert Reader(app, cast.viewer).get("/auth/register").location == "/"


def test_confirming_signs_nobody_in(app: Flask, stranger: Reader, postman: Postman) -> None:
    stranger.post("/auth/register", **NEW)
    stranger.post(postman.link_to("nora@example.com"))

    assert stranger.get("/").location == "/auth/sign-in?next=/"
    assert count(app, UserSession) == 0


def registrations(app: Flask) -> int:
    return count(app, Registration)


def count(app: Flask, table: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0
