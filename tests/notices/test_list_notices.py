"""The bell and the page behind it."""

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
from portal.models import Notice, NoticeKind, Programme, Status, User
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.factories import make_notice, make_programme
from tests.pages import Page, Reader, words
from tests.queries import queries_of

PLACE = "/notices"
Tell = Callable[..., int]


@pytest.mark.parametrize("person", ["owner", "other_coach", "admin"])
def test_whoever_makes_programmes_finds_the_bell_on_every_page(app: Flask, cast: Cast, person: str) -> None:
    for place in ("/", "/coach/", PLACE, "/nowhere"):
        assert words(bell(Reader(app, cast[person]).get(place))) == "Notices", place


@pytest.mark.parametrize("person", ["viewer", "member"])
def test_viewers_have_no_bell_and_nothing_behind_it(app: Flask, cast: Cast, person: str) -> None:
    reader = Reader(app, cast[person])

    assert reader.get("/").all(".bell") == []
    assert words(reader.get(PLACE).one(".empty h2")) == "Nothing to tell you yet"


@pytest.mark.parametrize(("unread", "badge"), [(0, None), (1, "1"), (99, "99"), (100, "99+")])
def test_the_bell_says_how_many_are_unread(app: Flask, cast: Cast, tell: Tell, unread: int, badge: str | None) -> None:
    for _ in range(unread):
        tell(cast.owner)
    tell(cast.owner, read_at=NOON)
    tell(cast.other_coach)

    link = bell(Reader(app, cast.owner).get("/coach/"))

    name = f"Notices, {unread} unread" if unread else "Notices"
    assert words(link.select(".visually-hidden")[0]) == name
    assert [words(count) for count in link.select("[aria-hidden].bell-count")] == ([badge] if badge else [])


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("place", ["/coach/", "/", PLACE])
def test_the_bell_costs_no_query_of_its_own_nor_does_a_long_list(
    app: Flask, cast: Cast, tell: Tell, count: int, place: str
) -> None:
    for _ in range(count):
        tell(cast.owner)
    reader = Reader(app, cast.owner)

    with queries_of(app) as sent:
        page = reader.get(place)

    assert f"{count} unread" in words(bell(page))
    counting = [statement for statement in sent if "notice" in statement]
    assert len(counting) == (2 if place == PLACE else 1), sent  # with the account; and the list itself


def test_notices_are_there_newest_first_and_the_unread_stand_out(app: Flask, cast: Cast, tell: Tell) -> None:
    tell(cast.owner, title="First", read_at=NOON)
    tell(cast.owner, title="Second", at=NOON + timedelta(minutes=5))
    tell(cast.other_coach, title="Of another")

    page = Reader(app, cast.owner).get(PLACE)

    assert page.heading == "Notices"
    assert [words(row.select("h2")[0]) for row in page.all(".row")] == ["“Second” is ready", "“First” is ready"]
    assert [words(row.select(".badges")[0]) for row in page.all(".row")] == [
        "New 2 March 2026, 12:05 UTC",
        "2 March 2026, 12:00 UTC",
    ]


def test_opening_one_marks_it_as_read_and_leads_on(
    app: Flask, cast: Cast, tell: Tell, make: Callable[..., Programme], clock: StoppedClock
) -> None:
    programme = make(status=Status.ERRORED)
    opened = tell(cast.owner, NoticeKind.VIDEO_FAILED, product_id=programme.product_id)
    other = tell(cast.owner, NoticeKind.VIDEO_FAILED, product_id=programme.product_id)
    reader = Reader(app, cast.owner)
    clock.advance(minutes=3)

    answer = reader.get(f"{PLACE}/{opened}")

    assert (answer.status, answer.location) == (303, f"/coach/programmes/{programme.product_id}")
    clock.advance(minutes=3)
    reader.get(f"{PLACE}/{opened}")
    assert (read_at(app, opened), read_at(app, other)) == (NOON + timedelta(minutes=3), None)
    assert "1 unread" in words(bell(reader.get("/coach/")))


def test_one_whose_programme_is_gone_leads_to_the_list(app: Flask, cast: Cast, tell: Tell) -> None:
    number = tell(cast.owner, product_id=None)
    reader = Reader(app, cast.owner)

    assert reader.get(PLACE).one(".notice-row").select("a") == []
    assert reader.get(f"{PLACE}/{number}").location == PLACE
    assert read_at(app, number) == NOON


@pytest.mark.parametrize("change", [{"deleted_at": NOON, "is_published": False}, {"is_published": False}])
def test_one_whose_programme_can_t_be_seen_any_more_says_so(
    app: Flask, cast: Cast, tell: Tell, change: dict[str, Any]
) -> None:
    """It was deleted, or belongs to somebody else by now."""
    with app.app_context():
        maker = cast.owner if "deleted_at" in change else cast.other_coach
        product_id = make_programme(maker, **change).product_id
        db.session.commit()
    number = tell(cast.owner, title="Calm", product_id=product_id)
    reader = Reader(app, cast.owner)

    assert reader.get(f"{PLACE}/{number}").location == PLACE

    assert words(reader.get(PLACE).one(".flash")) == "“Calm” is not there any more."


def test_the_notices_of_others_do_not_exist(app: Flask, cast: Cast, tell: Tell) -> None:
    number = tell(cast.owner)
    for person in ("other_coach", "admin", "viewer"):
        assert Reader(app, cast[person]).get(f"{PLACE}/{number}").status == 404

    assert read_at(app, number) is None


@pytest.mark.parametrize("number", ["0", "-1", "9999", "9223372036854775808", "9" * 40, "abc"])
def test_a_notice_that_there_is_not_is_not_found(app: Flask, cast: Cast, number: str) -> None:
    assert Reader(app, cast.owner).get(f"{PLACE}/{number}").status == 404


def test_all_are_marked_as_read_at_once_and_those_of_others_are_not(
    app: Flask, cast: Cast, tell: Tell, clock: StoppedClock
) -> None:
    numbers = [tell(cast.owner), tell(cast.owner), tell(cast.owner, read_at=NOON)]
    of_another = tell(cast.other_coach)
    reader = Reader(app, cast.owner)
    later = clock.advance(minutes=1)
    action = str(reader.get(PLACE).one("form[action='/notices/read']")["action"])

    assert reader.post(action).location == PLACE

    page = reader.get(PLACE)
    assert words(page.one("[role=status]")) == "All are marked as read."
    assert page.all("form[action='/notices/read']") == []
    assert [read_at(app, number) for number in (*numbers, of_another)] == [later, later, NOON, None]


def test_long_lists_are_paged(app: Flask, cast: Cast, tell: Tell) -> None:
    for number in range(30):
        tell(cast.owner, title=f"Number {number:02}")
    reader = Reader(app, cast.owner)

    first = reader.get(PLACE)
    second = reader.get(str(first.one("a[rel=next]")["href"]))

    shown = [words(row.select("h2")[0]) for page in (first, second) for row in page.all(".row")]
    assert len(first.all(".row")) == 24
    assert shown == [f"“Number {number:02}” is ready" for number in reversed(range(30))]
    assert not second.all("a[rel=next]")


@pytest.mark.parametrize("cursor", ["noise", "0", "9223372036854775808"])
def test_with_a_bad_cursor_the_list_begins_anew(app: Flask, cast: Cast, tell: Tell, cursor: str) -> None:
    tell(cast.owner)

    assert len(Reader(app, cast.owner).get(f"{PLACE}?cursor={cursor}").all(".row")) == 1


def test_an_empty_list_and_its_end_say_so(app: Flask, cast: Cast) -> None:
    reader = Reader(app, cast.owner)

    assert words(reader.get(PLACE).one(".empty h2")) == "Nothing to tell you yet"
    assert words(reader.get(f"{PLACE}?cursor=1").one(".empty h2")) == "The list ends here"


def test_one_chooses_whether_they_come_by_mail_too(app: Flask, cast: Cast) -> None:
    reader = Reader(app, cast.owner)
    assert reader.get(PLACE).field("Send me these by mail too").has_attr("checked")

    for fields, is_wanted in (({}, False), ({"wants_mail": "y"}, True)):
        assert reader.post(f"{PLACE}/mail", **fields).location == PLACE

        page = reader.get(PLACE)
        assert words(page.one("[role=status]")) == "Saved."
        assert page.field("Send me these by mail too").has_attr("checked") is is_wanted
        with app.app_context():
            wanted = dict(iter(db.session.execute(select(User.id, User.wants_mail))))
            assert (wanted[cast.owner.id], wanted[cast.other_coach.id]) == (is_wanted, True)


def test_the_choice_says_where_mails_go_or_that_none_are_sent(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(app, cast.owner)
    assert words(reader.get(PLACE).one("#wants_mail-hint")) == "This portal does not send mails yet."

    mail = MailSettings(sender="portal@example.com", folder=Path("unused"))
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail=mail))

    assert words(reader.get(PLACE).one("#wants_mail-hint")) == "To olive-owner@example.com"


def bell(page: Page) -> Any:
    return page.one("header a.bell[href='/notices']")


def read_at(app: Flask, number: int) -> Any:
    with app.app_context():
        return db.session.scalar(select(Notice.read_at).where(Notice.id == number))


@pytest.fixture
def tell(app: Flask, cast: Cast) -> Tell:
    """A notice to somebody, kept; its number."""

    def tell_one(reader: User, kind: NoticeKind = NoticeKind.VIDEO_READY, **values: Any) -> int:
        with app.app_context():
            number = make_notice(reader, kind, **values).id
            db.session.commit()
            return number

    return tell_one
