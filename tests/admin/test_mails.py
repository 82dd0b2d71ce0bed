"""The outbox of mails, as administrators see it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.config import MailSettings
from portal.extensions import db
from portal.models import Mail
from tests.clock import NOON
from tests.conftest import Cast
from tests.pages import Reader, words
from tests.queries import queries_of

PLACE = "/admin/mails"
FOLDER = MailSettings(sender="portal@example.com", folder=Path("/somewhere/mail"))
SERVER = MailSettings(sender="portal@example.com", host="smtp.example.com", username="us", password="a-secret")
NO_SUCH_USER = "refused: 550 No such user"
MakeMail = Callable[..., int]


def test_every_mail_is_there_newest_first_with_what_became_of_it(admin: Reader, make_mail: MakeMail) -> None:
    numbers = [
        make_mail(subject="Sent", sent_at=NOON + timedelta(minutes=2), tries=1),
        make_mail(subject="Refused", tries=3, error=NO_SUCH_USER),
        make_mail(subject="Fresh"),
    ]

    page = admin.get(PLACE)

    assert page.heading == "Mails"
    assert [words(row) for row in page.all(".row")] == [
        "Fresh To olive@example.com Waiting since 2 March 2026, 12:00 UTC Waiting 0 tries",
        f"Refused To olive@example.com Waiting since 2 March 2026, 12:00 UTC {NO_SUCH_USER} Not sent yet 3 tries",
        "Sent To olive@example.com Sent 2 March 2026, 12:02 UTC Sent 1 try",
    ]
    assert [f"{PLACE}/{number}" for number in reversed(numbers)] == [
        link for link in page.links() if link.startswith(f"{PLACE}/")
    ]


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (None, "Mail is not set up, so nothing is sent"),
        (FOLDER, "Mails are written into the folder “mail” and reach nobody."),
        (SERVER, "Mails go to the mail server smtp.example.com, as portal@example.com."),
    ],
)
def test_it_says_where_mails_go_and_no_secret(
    admin: Reader, make_mail: MakeMail, use: Callable[..., None], way: MailSettings | None, said: str
) -> None:
    use(way)
    for place in (PLACE, f"{PLACE}/{make_mail()}"):
        page = admin.get(place)

        assert said in page.text
        assert "a-secret" not in page.text
        assert "/somewhere" not in page.text


@pytest.mark.parametrize(("way", "is_shown"), [(None, False), (FOLDER, True), (SERVER, False)])
def test_the_text_is_shown_only_where_it_lies_in_a_folder_anyway(
    admin: Reader,
    make_mail: MakeMail,
    use: Callable[..., None],
    way: MailSettings | None,
    is_shown: bool,  # noqa: FBT001
) -> None:
    use(way)

    page = admin.get(f"{PLACE}/{make_mail(subject='Reset', body='Follow this link to sign in.')}")

    assert page.heading == "Reset"
    assert ("Follow this link to sign in." in page.text) is is_shown
    assert ("Only its reader sees it" in page.text) is not is_shown


def test_one_that_waits_says_why_and_until_when(admin: Reader, make_mail: MakeMail) -> None:
    values = {"tries": 2, "error": "away: Connection refused", "next_try_at": NOON + timedelta(minutes=4)}

    page = admin.get(f"{PLACE}/{make_mail(**values)}")

    facts = {words(term): words(fact) for term, fact in zip(page.all("dt"), page.all("dd"), strict=True)}
    assert facts == {
        "To": "olive@example.com",
        "Written": "2 March 2026, 12:00 UTC",
        "Next try": "2 March 2026, 12:04 UTC",
        "Tries": "2",
        "Why it was not sent": "away: Connection refused",
    }


def test_long_lists_are_paged(admin: Reader, make_mail: MakeMail) -> None:
    numbers = [make_mail() for _ in range(30)]

    first = admin.get(PLACE)
    second = admin.get(str(first.one("a[rel=next]")["href"]))

    shown = [str(link["href"]) for page in (first, second) for link in page.all(".row-title a")]
    assert shown == [f"{PLACE}/{number}" for number in reversed(numbers)]
    assert not second.all("a[rel=next]")


def test_an_empty_outbox_and_its_end_say_so(admin: Reader) -> None:
    assert words(admin.get(PLACE).one(".empty h2")) == "There are no mails"
    assert words(admin.get(f"{PLACE}?cursor=1").one(".empty h2")) == "The list ends here"


@pytest.mark.parametrize("number", ["0", "9999", "9223372036854775808"])
def test_a_mail_that_there_is_not_is_not_found(admin: Reader, number: str) -> None:
    assert admin.get(f"{PLACE}/{number}").status == 404


@pytest.mark.parametrize("person", ["owner", "viewer", "member"])
def test_for_everybody_else_there_is_nothing(app: Flask, cast: Cast, make_mail: MakeMail, person: str) -> None:
    for place in (PLACE, f"{PLACE}/{make_mail()}"):
        assert Reader(app, cast[person]).get(place).status == 404


@pytest.mark.parametrize(
    ("waiting", "said"), [(0, "Mails"), (1, "Mails: 1 waits to be sent"), (2, "Mails: 2 wait to be sent")]
)
def test_the_overview_says_how_many_wait(admin: Reader, make_mail: MakeMail, waiting: int, said: str) -> None:
    make_mail(sent_at=NOON)
    for _ in range(waiting):
        make_mail()

    assert words(admin.get("/admin/").one(f"a[href='{PLACE}']")) == said


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_two_queries_however_long_it_is(
    app: Flask, admin: Reader, make_mail: MakeMail, count: int
) -> None:
    for _ in range(count):
        make_mail()

    with queries_of(app) as sent:
        admin.get(PLACE)

    assert len(sent) == 2, sent


@pytest.fixture
def use(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have mails go one way or another."""

    def use_one(way: MailSettings | None) -> None:
        monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail=way))

    return use_one


@pytest.fixture
def make_mail(app: Flask) -> MakeMail:
    """A mail to somebody, kept; its number."""

    def make_one(**values: Any) -> int:
        with app.app_context():
            number = len(db.session.scalars(select(Mail.id)).all()) + 1
            row = Mail(key=f"mail:{number}", address="olive@example.com", subject="Subject", body="Body", tries=0)
            row.created_at = row.next_try_at = NOON
            for name, value in values.items():
                setattr(row, name, value)
            db.session.add(row)
            db.session.commit()
            return row.id

    return make_one
