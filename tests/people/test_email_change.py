"""Another e-mail address: asked for with the password, confirmed from the new one, told to the old one."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.clock import StoppedClock
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.pages import Page, Reader
from tests.people.conftest import (
    Postman,
    account_with,
    activate_by_page,
    can_sign_in,
    change,
    deactivate_by_page,
)

PLACE = "/account/email"
NEW = "olive@elsewhere.example"


@pytest.fixture
def reader(app: Flask, cast: Cast) -> Reader:
    return Reader(app, cast.owner)


def ask(reader: Reader, email: str = NEW, password: str = PASSWORD) -> Page:
    reader.get(PLACE)
    return reader.post(PLACE, email=email, password=password)


def test_the_address_changes_once_it_is_confirmed_from_there(
    app: Flask, cast: Cast, reader: Reader, stranger: Reader, postman: Postman
) -> None:
    assert PLACE in reader.get("/account/").links()
    assert ask(reader, email="Olive@Elsewhere.example").heading == "Look into your mail"
    assert can_sign_in(app, cast.owner.email, PASSWORD)

    link = postman.link_to(NEW)
    for _ in range(2):  # a program that looks into mails may have followed it before
        assert stranger.get(link).heading == "Confirm your address"
    assert stranger.post(link).location == "/auth/sign-in"

    assert can_sign_in(app, NEW, PASSWORD)
    assert not can_sign_in(app, cast.owner.email, PASSWORD)
    assert postman.subjects_to(cast.owner.email) == ["Your address was changed"]
    assert reader.get("/coach/").status == 200
    assert (stranger.get(link).status, stranger.post(link).status) == (404, 404)


@pytest.mark.parametrize(
    ("email", "password", "label", "words"),
    [
        (NEW, "", "Password", "Enter your password."),
        (NEW, "wrong", "Password", "This is not your password."),
        (NEW, "x" * 1025, "Password", "This password is too long."),
        ("nobody", PASSWORD, "New e-mail", "This is not an e-mail address."),
        ("Olive-Owner@example.com", PASSWORD, "New e-mail", "This is your address already."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    reader: Reader, postman: Postman, *, email: str, password: str, label: str, words: str
) -> None:
    page = ask(reader, email, password)

    assert page.status == 422
    assert words in page.error_beside(label)
    assert postman.mails() == []


def test_an_address_of_another_account_gets_the_same_answer_and_a_mail_that_says_so(
    app: Flask, cast: Cast, reader: Reader, postman: Postman
) -> None:
    unknown, known = ask(reader), ask(reader, cast.viewer.email)

    assert unknown.text.replace(NEW, "…") == known.text.replace(cast.viewer.email, "…")
    assert postman.subjects_to(cast.viewer.email) == ["You have an account already"]
    assert postman.subjects_to(NEW) == ["Confirm your new address"]


def test_an_address_that_was_taken_meanwhile_can_t_be_had(
    app: Flask, cast: Cast, reader: Reader, stranger: Reader, postman: Postman
) -> None:
    ask(reader)
    link = postman.link_to(NEW)
    change(app, cast.viewer, email=NEW)

    assert stranger.post(link).status == 404

    assert can_sign_in(app, cast.owner.email, PASSWORD)


@pytest.mark.parametrize("is_activated_again", [False, True])
def test_a_link_dies_with_the_account(
    app: Flask, cast: Cast, reader: Reader, stranger: Reader, postman: Postman, *, is_activated_again: bool
) -> None:
    ask(reader)
    link = postman.link_to(NEW)
    deactivate_by_page(app, cast, cast.owner)
    if is_activated_again:
        activate_by_page(app, cast, cast.owner)

    assert (stranger.get(link).status, stranger.post(link).status) == (404, 404)
    assert account_with(app, NEW) is None


@pytest.mark.parametrize(("waited", "status"), [(timedelta(days=1, seconds=-1), 303), (timedelta(days=1), 404)])
def test_a_link_is_good_for_a_day(
    reader: Reader, stranger: Reader, postman: Postman, clock: StoppedClock, *, waited: timedelta, status: int
) -> None:
    ask(reader)
    link = postman.link_to(NEW)

    clock.at += waited

    assert stranger.post(link).status == status
