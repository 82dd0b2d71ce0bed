"""Invitations: by administrators, with a role; the link serves once, and dies with whoever vouched for it."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.extensions import db
from portal.models import Invitation, Role
from portal.models.invitation import newest_invitations
from portal.upkeep.housekeeping import forget_the_old
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.pages import Page, Reader
from tests.people.conftest import Postman, account_with, can_sign_in, change, mail_folder, postman, settings, stranger
from tests.queries import queries_of
from tests.turns import at_once

__all__ = ("mail_folder", "postman", "settings", "stranger")  # fixtures

PLACE = "/admin/invitations"
NEW = "nora@example.com"
ANSWER = {"name": "Nora New", "password": "seven quiet herons"}


def invite(admin: Reader, email: str = NEW, role: str = "COACH") -> Page:
    admin.get(PLACE)
    return admin.post(PLACE, email=email, role=role)


@pytest.mark.parametrize(("role", "place"), [("COACH", "/coach/"), ("VIEWER", "/"), ("ADMIN", "/")])
def test_whoever_accepts_has_the_role_and_is_signed_in(
    app: Flask, admin: Reader, stranger: Reader, postman: Postman, *, role: str, place: str
) -> None:
    assert PLACE in admin.get("/admin/people").links()
    assert invite(admin, " Nora@Example.com", role).location == PLACE
    assert NEW in admin.get(PLACE).text

    link = postman.link_to(NEW)
    assert link.startswith("/auth/invitation/")
    for _ in range(2):  # a program that looks into mails may have followed it before
        assert "Ada Admin invites you" in stranger.get(link).text
    assert stranger.post(link, **ANSWER).location == place

    assert "Welcome, Nora New." in stranger.get(place).text
    user = account_with(app, NEW)
    assert user is not None
    assert (user.name, user.role, user.is_enabled) == ("Nora New", Role(role), True)
    assert can_sign_in(app, NEW, ANSWER["password"])
    assert (stranger.get(link).status, stranger.post(link, **ANSWER).status) == (404, 404)
    assert NEW not in admin.get(PLACE).text


def test_whoever_was_signed_in_there_before_is_not_any_more(
    app: Flask, cast: Cast, admin: Reader, postman: Postman
) -> None:
    invite(admin)
    viewer = Reader(app, cast.viewer)
    link = postman.link_to(NEW)
    viewer.get(link)

    viewer.post(link, **ANSWER)

    assert "Nora New" in viewer.get("/account/").text


@pytest.mark.parametrize(
    ("fields", "label", "words"),
    [
        ({"name": ""}, "Name", "Enter a name."),
        ({"password": ""}, "Password", "Enter a password."),
        ({"password": "short"}, "Password", "Use at least 10 characters."),
        ({"password": "nora@example.com"}, "Password", "your name or address"),
    ],
)
def test_what_breaks_a_rule_leaves_the_link_good(
    admin: Reader, stranger: Reader, postman: Postman, *, fields: dict[str, str], label: str, words: str
) -> None:
    invite(admin)
    link = postman.link_to(NEW)

    page = stranger.post(link, **(ANSWER | fields))

    assert (page.status, words in page.error_beside(label)) == (422, True)
    assert stranger.post(link, **ANSWER).status == 303


@pytest.mark.parametrize(("waited", "status"), [(timedelta(days=7, seconds=-1), 200), (timedelta(days=7), 404)])
def test_a_link_is_good_for_a_week(
    admin: Reader, stranger: Reader, postman: Postman, clock: StoppedClock, *, waited: timedelta, status: int
) -> None:
    invite(admin)
    link = postman.link_to(NEW)

    clock.at += waited

    assert stranger.get(link).status == status


def test_one_that_is_over_can_be_sent_again(
    admin: Reader, stranger: Reader, postman: Postman, clock: StoppedClock
) -> None:
    invite(admin)
    old = postman.link_to(NEW)
    clock.advance(days=8)
    page = admin.get(PLACE)
    assert "The link was good until" in page.text

    assert admin.post(action_of(page, "/mails")).location == PLACE

    fresh = postman.link_to(NEW)
    assert (stranger.get(old).status, stranger.get(fresh).status) == (404, 200)


def test_sending_it_again_voids_the_link_before(admin: Reader, stranger: Reader, postman: Postman) -> None:
    invite(admin)
    old = postman.link_to(NEW)

    admin.post(action_of(admin.get(PLACE), "/mails"))

    assert (stranger.get(old).status, stranger.get(postman.link_to(NEW)).status) == (404, 200)


def test_a_withdrawn_one_opens_nothing(app: Flask, admin: Reader, stranger: Reader, postman: Postman) -> None:
    invite(admin)
    link = postman.link_to(NEW)

    assert admin.post(action_of(admin.get(PLACE), "/withdrawal")).location == PLACE

    assert (stranger.get(link).status, stranger.post(link, **ANSWER).status) == (404, 404)
    assert account_with(app, NEW) is None
    assert "Nobody." in admin.get(PLACE).text


@pytest.mark.parametrize("values", [{"is_enabled": False}, {"role": Role.COACH}])
def test_nobody_comes_in_by_the_word_of_who_is_no_administrator_any_more(
    app: Flask, cast: Cast, admin: Reader, stranger: Reader, postman: Postman, *, values: dict[str, object]
) -> None:
    invite(admin, role="ADMIN")
    link = postman.link_to(NEW)
    change(app, cast.member, role=Role.ADMIN)
    other_admin = Reader(app, cast.member)

    change(app, cast.admin, **values)

    assert (stranger.get(link).status, stranger.post(link, **ANSWER).status) == (404, 404)
    page = other_admin.get(PLACE)
    assert "no administrator any more" in page.text
    other_admin.post(action_of(page, "/mails"))
    assert stranger.post(postman.link_to(NEW), **ANSWER).status == 303


def test_one_who_registered_meanwhile_needs_no_invitation(
    app: Flask, admin: Reader, stranger: Reader, postman: Postman
) -> None:
    invite(admin)
    link = postman.link_to(NEW)
    stranger.post("/auth/register", email=NEW, **ANSWER)
    stranger.post(postman.link_to(NEW))

    assert (stranger.get(link).status, stranger.post(link, **ANSWER).status) == (404, 404)
    assert "Nobody." in admin.get(PLACE).text


@pytest.mark.parametrize(
    ("email", "role", "label", "status", "words"),
    [
        ("", "COACH", "Email", 422, "Enter an e-mail address."),
        ("nobody", "COACH", "Email", 422, "This is not an e-mail address."),
        (NEW, "OWNER", "Role", 422, "Choose one from the list."),
        ("vera-viewer@example.com", "COACH", "Email", 409, "There is an account with this address already."),
        ("Twice@example.com", "COACH", "Email", 409, "There is an invitation for this address already."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    admin: Reader, postman: Postman, *, email: str, role: str, label: str, status: int, words: str
) -> None:
    invite(admin, "twice@example.com")
    before = len(postman.mails())

    page = invite(admin, email, role)

    assert (page.status, words in page.error_beside(label)) == (status, True)
    assert len(postman.mails()) == before


def test_of_two_who_accept_at_once_one_succeeds(app: Flask, admin: Reader, postman: Postman) -> None:
    invite(admin)
    link, start = postman.link_to(NEW), threading.Barrier(2)
    readers, statuses = [Reader(app), Reader(app)], []
    for reader in readers:
        reader.get(link)

    def accept(reader: Reader) -> None:
        start.wait()
        statuses.append(reader.post(link, **ANSWER).status)

    threads = [threading.Thread(target=accept, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [303, 404]
    assert account_with(app, NEW) is not None


def test_where_nothing_is_mailed_the_link_is_shown_once(cast: Cast, start: Callable[..., Flask]) -> None:
    silent = start(mail=None, registration="invitation")
    admin = Reader(silent, cast.admin)

    page = invite(admin)

    link = str(page.field("Link")["value"]).removeprefix("http://portal.test")
    assert link.rpartition("/")[2] not in admin.get(PLACE).text
    again = admin.post(action_of(admin.get(PLACE), "/mails"))
    fresh = str(again.field("Link")["value"]).removeprefix("http://portal.test")
    stranger = Reader(silent)
    assert (stranger.get(link).status, stranger.get(fresh).status) == (404, 200)
    assert stranger.post(fresh, **ANSWER).status == 303


def test_where_nobody_may_have_an_account_there_are_no_invitations(
    cast: Cast, start: Callable[..., Flask], admin: Reader, stranger: Reader, postman: Postman
) -> None:
    invite(admin)
    link = postman.link_to(NEW)
    closed = start(registration="closed")
    other = Reader(closed, cast.admin)

    page = other.get(PLACE)
    assert "REGISTRATION=invitation" in page.text
    assert not page.all("form[action$='/invitations']")
    assert other.post(PLACE, email="b@example.com", role="COACH").status == 409
    reader = Reader(closed)
    reader.get("/auth/sign-in")
    assert (reader.get(link).status, reader.post(link, **ANSWER).status) == (404, 404)


@pytest.mark.parametrize("who", ["owner", "viewer"])
def test_nobody_but_an_administrator_invites(app: Flask, cast: Cast, who: str) -> None:
    reader = Reader(app, cast[who])
    reader.get("/account/")

    assert reader.get(PLACE).status == 404
    for path in (PLACE, f"{PLACE}/1/mails", f"{PLACE}/1/withdrawal"):
        assert reader.post(path, email=NEW, role="ADMIN").status == 404


@pytest.mark.parametrize("path", ["0/mails", "77/mails", f"{2**63}/mails", "77/withdrawal", f"{2**63}/withdrawal"])
def test_an_invitation_that_is_none_is_not_found(admin: Reader, path: str) -> None:
    admin.get(PLACE)

    assert admin.post(f"{PLACE}/{path}").status == 404


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_one_query_however_long(app: Flask, cast: Cast, admin: Reader, count: int) -> None:
    make_invitations(app, cast, count)

    with queries_of(app) as sent:
        page = admin.get(PLACE)

    assert len([each for each in sent if "FROM invitation" in each]) == 1
    assert len(sent) == 2, sent  # and the session's
    assert len(page.all(".row")) == min(count, 24)


def test_the_list_goes_on_page_by_page(app: Flask, cast: Cast, admin: Reader) -> None:
    make_invitations(app, cast, 30)

    first = admin.get(PLACE)
    following = next(link for link in first.links() if "cursor=" in link)

    assert len(admin.get(following).all(".row")) == 6


def test_old_ones_are_forgotten_a_month_after_they_were_over(app: Flask, cast: Cast) -> None:
    make_invitations(app, cast, 1)
    for waited, left in ((timedelta(days=37, seconds=-1), 1), (timedelta(days=37, seconds=1), 0)):
        with app.app_context():
            forget_the_old(NOON + waited, at_once)
            assert len(newest_invitations(limit=9).items) == left


def make_invitations(app: Flask, cast: Cast, count: int) -> None:
    with app.app_context():
        for number in range(count):
            row = Invitation(email=f"{number}@example.com", role=Role.COACH, invited_by_id=cast.admin.id, version=1)
            row.created_at, row.expires_at = NOON, NOON + timedelta(days=7)
            db.session.add(row)
        db.session.commit()


def action_of(page: Page, ending: str) -> str:
    return str(page.one(f"form[action$='{ending}']")["action"])
