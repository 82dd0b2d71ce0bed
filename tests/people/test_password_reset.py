"""A forgotten password: a link by mail, which serves once, and from which nobody can tell who has an account."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.models import User
from tests.callers import Api
from tests.clock import StoppedClock
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.pages import Reader
from tests.people.conftest import (
    Postman,
    activate_by_page,
    can_sign_in,
    change,
    deactivate_by_page,
    row_of,
)

ASK = "/auth/forgotten-password"
FRESH = "seven quiet herons"
CHOICE = {"password": FRESH, "again": FRESH}


def test_the_link_leads_to_a_new_password(app: Flask, cast: Cast, stranger: Reader, postman: Postman) -> None:
    assert stranger.get(ASK).heading == "Forgotten your password"
    asked = stranger.post(ASK, email=f" {cast.owner.email.upper()}")
    assert (asked.status, asked.heading) == (200, "Look into your mail")

    link = postman.link_to(cast.owner.email)
    for _ in range(2):  # a program that looks into mails may have followed it before
        assert stranger.get(link).heading == "Choose a new password"
    assert can_sign_in(app, cast.owner.email, PASSWORD)
    assert stranger.post(link, **CHOICE).location == "/auth/sign-in"

    assert "Your password is changed. Sign in with it." in stranger.get("/auth/sign-in").text
    assert not can_sign_in(app, cast.owner.email, PASSWORD)
    assert can_sign_in(app, cast.owner.email, FRESH)
    assert postman.subjects_to(cast.owner.email) == ["Choose a new password", "Your password was changed"]


def test_using_it_ends_every_session_and_every_token_and_begins_none(
    app: Flask, cast: Cast, stranger: Reader, postman: Postman, api: Api
) -> None:
    elsewhere, token = Reader(app, cast.owner), api.token_of("owner")
    stranger.post(ASK, email=cast.owner.email)

    stranger.post(postman.link_to(cast.owner.email), **CHOICE)

    assert elsewhere.get("/coach/").status == 302
    assert stranger.get("/coach/").status == 302
    answer = app.test_client().get("/programme", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(("waited", "status"), [(timedelta(hours=1, seconds=-1), 303), (timedelta(hours=1), 404)])
def test_a_link_is_good_for_an_hour(
    cast: Cast, stranger: Reader, postman: Postman, clock: StoppedClock, *, waited: timedelta, status: int
) -> None:
    stranger.post(ASK, email=cast.viewer.email)
    link = postman.link_to(cast.viewer.email)

    clock.at += waited

    assert stranger.post(link, **CHOICE).status == status


def use_it(app: Flask, cast: Cast, reader: Reader, link: str) -> None:
    assert reader.post(link, **CHOICE).status == 303


def deactivate_them(app: Flask, cast: Cast, reader: Reader, link: str) -> None:
    deactivate_by_page(app, cast, cast.owner)


def deactivate_and_activate_them(app: Flask, cast: Cast, reader: Reader, link: str) -> None:
    deactivate_by_page(app, cast, cast.owner)
    activate_by_page(app, cast, cast.owner)


def change_their_password(app: Flask, cast: Cast, reader: Reader, link: str) -> None:
    own = Reader(app, cast.owner)
    own.get("/account")
    changed = own.post("/account/password", current=PASSWORD, new="another of mine", again="another of mine")
    assert changed.status == 303


def change_their_address(app: Flask, cast: Cast, reader: Reader, link: str) -> None:
    change(app, cast.owner, email="olive@elsewhere.example")


def sign_them_out_everywhere(app: Flask, cast: Cast, reader: Reader, link: str) -> None:
    own = Reader(app, cast.owner)
    own.get("/account")
    assert own.post("/account/sign-out-everywhere").status == 303


@pytest.mark.parametrize(
    "meanwhile",
    [
        use_it,
        deactivate_them,
        deactivate_and_activate_them,
        change_their_password,
        change_their_address,
        sign_them_out_everywhere,
    ],
)
def test_a_link_dies_with_what_it_was_made_for(
    app: Flask, cast: Cast, stranger: Reader, postman: Postman, meanwhile: Callable[..., None]
) -> None:
    stranger.post(ASK, email=cast.owner.email)
    link = postman.link_to(cast.owner.email)

    meanwhile(app, cast, stranger, link)

    hash_before = password_hash(app, cast.owner)
    for page in (stranger.get(link), stranger.post(link, **CHOICE)):
        assert (page.status, page.heading) == (404, "This link is no good any more")
        assert ASK in page.links()
    assert password_hash(app, cast.owner) == hash_before


@pytest.mark.parametrize(
    "spoil",
    [
        # Not the last letter, some of whose bits mean nothing.
        lambda token: token[:-4] + ("A" if token[-4] != "A" else "B") + token[-3:],
        lambda token: "A" + token[1:],
        lambda token: token.replace(".", ""),
        lambda token: token + "A",
        lambda _token: "x",
        lambda _token: "x" * 5000,
        lambda _token: "%00",
        lambda _token: "é",
    ],
)
def test_a_link_that_is_not_whole_opens_nothing(
    app: Flask, cast: Cast, stranger: Reader, postman: Postman, spoil: Callable[[str], str]
) -> None:
    stranger.post(ASK, email=cast.viewer.email)
    place, _, token = postman.link_to(cast.viewer.email).rpartition("/")

    for page in (stranger.get(f"{place}/{spoil(token)}"), stranger.post(f"{place}/{spoil(token)}", **CHOICE)):
        assert page.status == 404

    assert can_sign_in(app, cast.viewer.email, PASSWORD)


@pytest.mark.parametrize("place", ["confirm", "invitation"])
def test_a_link_serves_its_own_purpose_only(
    app: Flask, cast: Cast, stranger: Reader, postman: Postman, place: str
) -> None:
    stranger.post(ASK, email=cast.viewer.email)
    link = postman.link_to(cast.viewer.email).replace("/reset-password/", f"/{place}/")

    assert (stranger.get(link).status, stranger.post(link, **CHOICE).status) == (404, 404)


@pytest.mark.parametrize(
    ("fields", "label", "words"),
    [
        ({"password": "", "again": ""}, "New password", "Enter a new password."),
        ({"password": "nine char", "again": "nine char"}, "New password", "Use at least 10 characters."),
        ({"password": "vera-viewer1", "again": "vera-viewer1"}, "New password", "your name or address"),
        ({"again": "another"}, "New password again", "This differs from the new password above."),
    ],
)
def test_what_breaks_a_rule_leaves_the_link_good(
    cast: Cast, stranger: Reader, postman: Postman, *, fields: dict[str, str], label: str, words: str
) -> None:
    stranger.post(ASK, email=cast.viewer.email)
    link = postman.link_to(cast.viewer.email)

    page = stranger.post(link, **(CHOICE | fields))

    assert (page.status, words in page.error_beside(label)) == (422, True)
    assert stranger.post(link, **CHOICE).status == 303


def test_of_two_who_use_a_link_at_once_one_succeeds(app: Flask, cast: Cast, stranger: Reader, postman: Postman) -> None:
    stranger.post(ASK, email=cast.viewer.email)
    link, start = postman.link_to(cast.viewer.email), threading.Barrier(2)
    statuses: list[int] = []

    def use(reader: Reader, password: str) -> None:
        start.wait()
        statuses.append(reader.post(link, password=password, again=password).status)

    readers = [Reader(app), Reader(app)]
    for reader in readers:
        reader.get(link)
    threads = [
        threading.Thread(target=use, args=(reader, f"seven quiet herons {number}"))
        for number, reader in enumerate(readers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [303, 404]
    assert [can_sign_in(app, cast.viewer.email, f"seven quiet herons {number}") for number in (0, 1)].count(True) == 1


@pytest.mark.parametrize("values", [{"is_enabled": False}, {"password_hash": ""}, {"is_demo": True}])
def test_who_can_t_sign_in_by_a_password_gets_no_link(
    app: Flask, cast: Cast, stranger: Reader, postman: Postman, values: dict[str, object]
) -> None:
    change(app, cast.viewer, **values)

    assert stranger.post(ASK, email=cast.viewer.email).heading == "Look into your mail"

    assert postman.mails() == []


@pytest.mark.parametrize("email", ["", "nobody", "x" * 300 + "@example.com", "a\x00@example.com"])
def test_what_is_no_address_is_told_beside_its_field(stranger: Reader, email: str) -> None:
    page = stranger.post(ASK, email=email)

    assert page.status == 422
    assert page.error_beside("Email")


def test_where_nothing_is_mailed_it_says_whom_to_ask(cast: Cast, start: Callable[..., Flask]) -> None:
    reader = Reader(start(mail=None, registration="invitation"))
    reader.get("/auth/sign-in")

    for page in (reader.get(ASK), reader.post(ASK, email=cast.viewer.email)):
        assert "Ask an administrator for a link" in page.text
        assert not page.all("input[name=email]")


def test_where_nothing_is_mailed_an_administrator_hands_the_link_on(
    app: Flask, cast: Cast, start: Callable[..., Flask]
) -> None:
    silent = start(mail=None, registration="invitation")
    admin = Reader(silent, cast.admin)
    assert admin.get(f"/admin/people/{cast.viewer.id}").all(f"form[action$='/people/{cast.viewer.id}/reset-links']")

    page = admin.post(f"/admin/people/{cast.viewer.id}/reset-links")

    assert page.heading == "Link for a new password"
    link = str(page.field("Link")["value"]).removeprefix("http://portal.test")
    stranger = Reader(silent)
    stranger.get(link)
    assert stranger.post(link, **CHOICE).status == 303
    assert can_sign_in(silent, cast.viewer.email, FRESH)


def test_where_mails_go_out_nobody_but_their_reader_gets_a_link(app: Flask, cast: Cast) -> None:
    admin = Reader(app, cast.admin)
    page = admin.get(f"/admin/people/{cast.viewer.id}")

    assert not page.all("form[action$='/reset-links']")
    assert admin.post(f"/admin/people/{cast.viewer.id}/reset-links").status == 404


@pytest.mark.parametrize("who", ["owner", "viewer"])
def test_nobody_but_an_administrator_makes_links(cast: Cast, start: Callable[..., Flask], who: str) -> None:
    reader = Reader(start(mail=None, registration="invitation"), cast[who])
    reader.get("/account")

    assert reader.post(f"/admin/people/{cast.admin.id}/reset-links").status == 404


def password_hash(app: Flask, user: User) -> str:
    row = row_of(app, user)
    assert row is not None
    return row.password_hash
