"""Everybody who has an account."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models import Role, User
from tests.conftest import Cast
from tests.factories import make_user
from tests.pages import Reader, words
from tests.queries import queries_of

PLACE = "/admin/people"
NEWEST_FIRST = ["Ada Admin", "Milo Member", "Vera Viewer", "Oscar Other", "Olive Owner"]


def test_everybody_is_there_newest_first_with_what_they_are(admin: Reader) -> None:
    page = admin.get(PLACE)

    assert page.heading == "People"
    assert names(admin, PLACE) == NEWEST_FIRST
    rows = [words(row) for row in page.all(".row")]
    assert rows[1] == (
        "Milo Member milo-member@example.com Created 2 March 2026, 12:00 UTC Member until 1 April 2026, 12:00 UTC "
        "Viewer Enabled"
    )
    assert rows[4].endswith("Not a member Coach Enabled")


def test_a_disabled_account_is_told_from_the_others(app: Flask, admin: Reader, cast: Cast) -> None:
    with app.app_context():
        user = db.session.get(User, cast.viewer.id)
        assert user is not None
        user.is_enabled = False
        db.session.commit()

    (row,) = admin.get(f"{PLACE}?q=vera").all(".row")

    assert words(row).endswith("Viewer Disabled")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("role=COACH", ["Oscar Other", "Olive Owner"]),
        ("q=OLIVE", ["Olive Owner"]),
        ("q=o@example.com", []),
        ("q=member@example.com", ["Milo Member"]),
        ("q=owner+olive", ["Olive Owner"]),
        ("q=example&role=ADMIN", ["Ada Admin"]),
        ("q=_", []),
    ],
)
def test_it_is_narrowed_by_role_and_by_words_of_name_or_address(admin: Reader, asked: str, found: list[str]) -> None:
    assert names(admin, f"{PLACE}?{asked}") == found


@pytest.mark.parametrize(
    ("asked", "label", "words_beside"),
    [
        ("role=KING", "Role", "Choose one from the list."),
        ("q=a%00b", "Name or e-mail", "Remove the characters that can’t be shown."),
    ],
)
def test_what_can_t_be_asked_for_is_said_beside_its_field(
    admin: Reader, asked: str, label: str, words_beside: str
) -> None:
    page = admin.get(f"{PLACE}?{asked}")

    assert (page.status, page.error_beside(label)) == (422, words_beside)


def test_long_lists_are_paged_and_stay_narrowed(app: Flask, admin: Reader) -> None:
    add_viewers(app, 30)

    first = admin.get(f"{PLACE}?role=VIEWER&q=number")
    second = admin.get(str(first.one("a[rel=next]")["href"]))

    shown = [words(name) for page in (first, second) for name in page.all(".row-title")]
    assert len(first.all(".row")) == 24
    assert shown == [f"Number {number:02}" for number in reversed(range(30))]
    assert not second.all("a[rel=next]")


@pytest.mark.parametrize("cursor", ["noise", "0", "-1", "9" * 30, "9223372036854775808", "²"])
def test_with_a_bad_cursor_the_list_begins_anew(admin: Reader, cursor: str) -> None:
    assert names(admin, f"{PLACE}?cursor={cursor}") == NEWEST_FIRST


def test_behind_the_end_a_link_leads_to_the_beginning(admin: Reader, cast: Cast) -> None:
    page = admin.get(f"{PLACE}?role=COACH&cursor={cast.owner.id}")

    assert words(page.one(".empty h2")) == "The list ends here"
    assert f"{PLACE}?role=COACH" in page.links()


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_two_queries_however_long_it_is(app: Flask, admin: Reader, count: int) -> None:
    add_viewers(app, count)

    with queries_of(app) as sent:
        admin.get(PLACE)

    assert len(sent) == 2, sent


def names(reader: Reader, place: str) -> list[str]:
    return [words(name) for name in reader.get(place).all(".row-title")]


def add_viewers(app: Flask, count: int) -> None:
    with app.app_context():
        for number in range(count):
            make_user(Role.VIEWER, f"Number {number:02}")
        db.session.commit()
