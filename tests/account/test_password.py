"""A new password: what is asked for, and whom it puts out."""

import pytest
from flask import Flask

from portal.people.accounts import PASSWORD_MAX_CHARACTERS
from tests.account.test_account import statuses_of
from tests.callers import Api
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.pages import Page, Reader

PLACE = "/account/password"
FRESH = "a new and longer one"


def test_it_opens_the_account_from_then_on_and_the_old_one_does_not(app: Flask, reader: Reader, cast: Cast) -> None:
    assert choose(reader).location == "/account/"

    assert "Your password is changed." in reader.get("/account").text
    for password, status in ((PASSWORD, 422), (FRESH, 302)):
        fresh = Reader(app)
        fresh.get("/auth/sign-in")
        assert fresh.post("/auth/sign-in", email=cast.owner.email, password=password).status == status


def test_it_ends_every_other_session_and_every_token(app: Flask, reader: Reader, cast: Cast, api: Api) -> None:
    other, pair, strangers_pair = Reader(app, cast.owner), api.new_pair("owner"), api.new_pair("viewer")

    choose(reader)

    assert (reader.get("/coach/").status, other.get("/coach/").status) == (200, 302)
    assert statuses_of(api, pair) == [401, 401]
    assert statuses_of(api, strangers_pair) == [200, 200]


@pytest.mark.parametrize(
    ("fields", "label", "refusal"),
    [
        ({"current": ""}, "Current password", "Enter the password that you use now."),
        ({"current": "wrong"}, "Current password", "This is not your password."),
        ({"current": "x" * (PASSWORD_MAX_CHARACTERS + 1)}, "Current password", "Use 1024 characters at the most."),
        ({"new": "", "again": ""}, "New password", "Enter a new password."),
        ({"new": "nine char", "again": "nine char"}, "New password", "Use at least 10 characters."),
        ({"new": "x" * 1025, "again": "x" * 1025}, "New password", "Use 1024 characters at the most."),
        ({"again": "a new and longer two"}, "New password again", "This differs from the new password above."),
        ({"again": ""}, "New password again", "This differs from the new password above."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_changes_nothing(
    app: Flask, reader: Reader, cast: Cast, *, fields: dict[str, str], label: str, refusal: str
) -> None:
    page = choose(reader, **fields)

    assert (page.status, page.error_beside(label)) == (422, refusal)
    assert not any(field.get("value") for field in page.all("input[type=password]"))
    assert Reader(app, cast.owner).get("/coach/").status == 200


@pytest.mark.parametrize(
    "password", ["ten chars!", "пароль из слов", "   blanks   ", "🌱🌿🌳🌴🌵🌾🍀🍁🍂🍃", "seedling" * 128]
)
def test_any_characters_will_do(app: Flask, reader: Reader, cast: Cast, password: str) -> None:
    assert choose(reader, new=password, again=password).status == 303

    fresh = Reader(app)
    fresh.get("/auth/sign-in")
    assert fresh.post("/auth/sign-in", email=cast.owner.email, password=password).status == 302


def test_a_session_left_open_is_no_place_to_guess_the_password(app: Flask, reader: Reader, cast: Cast) -> None:
    for _ in range(10):
        assert choose(reader, current="guess").status == 422

    refused = choose(reader)

    assert (refused.status, refused.error_beside("Current password")) == (
        429,
        "The password was not right too often. Wait a little, then try again.",
    )
    assert int(refused.answer.headers["Retry-After"]) > 0
    assert choose(Reader(app, cast.viewer)).status == 303


def choose(reader: Reader, **fields: str) -> Page:
    reader.get("/account")
    return reader.post(PLACE, **{"current": PASSWORD, "new": FRESH, "again": FRESH, **fields})
