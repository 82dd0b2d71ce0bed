"""Many memberships at once: what a list may say, what it is refused for, and that it is applied whole or not at all."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import ChangeSource, MembershipChange, MembershipList, Programme, ProgrammeGrant, Role, User
from portal.models.membership import Term
from portal.people.membership_lists import LINES_MAX, LIST_MAX_BYTES, decoded, plan_list
from portal.upkeep.housekeeping import forget_the_old
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.factories import make_user
from tests.pages import Page, Reader, words
from tests.queries import queries_of
from tests.turns import at_once

Make = Callable[..., Programme]

PLACE = "/admin/memberships"
HEAD = "email,until,reason\n"
FULL = "email,until,reason,product_id\n"
VERA, OLIVE, MILO = "vera-viewer@example.com", "olive-owner@example.com", "milo-member@example.com"
LAST_DAY = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
UNKNOWN = "0b7c8f0e-1111-4222-8333-444455556666"
DAY_WORDS = "Write the day as year-month-day, like 2026-12-31."


@pytest.mark.parametrize(
    ("text", "term"),
    [
        (f"{HEAD}{VERA},2026-12-31,Paid\n", Term(is_held=True, until=LAST_DAY)),
        (f"{HEAD}{VERA},2026-12-31T23:59:59Z,Paid", Term(is_held=True, until=LAST_DAY)),
        (f"{HEAD}{VERA},2027-01-01T01:59:59+02:00,Paid", Term(is_held=True, until=LAST_DAY)),
        (f"{HEAD}{VERA},end,Paid", Term(is_held=False)),
        (f"{HEAD}{VERA},END,Paid", Term(is_held=False)),
        (f"\ufeff{HEAD}{VERA},2026-12-31,Paid", Term(is_held=True, until=LAST_DAY)),
        (f"email;until;reason\r\n{VERA};2026-12-31;Paid\r\n", Term(is_held=True, until=LAST_DAY)),
        (" Reason , EMAIL,Until\nPaid, Vera-Viewer@Example.com ,2026-12-31\n", Term(is_held=True, until=LAST_DAY)),
        (f'\n{HEAD}\n,,\n"{VERA}","2026-12-31","Paid, in ""cash"""\n\n', Term(is_held=True, until=LAST_DAY)),
    ],
)
def test_a_good_line_is_understood(in_app: Flask, cast: Cast, text: str, term: Term) -> None:
    plan = plan_list(text, NOON)

    assert plan.errors == []
    assert [(each.person.email, each.line.wish.term) for each in plan.changes] == [(VERA, term)]


@pytest.mark.parametrize(
    ("text", "number", "told"),
    [
        ("", 1, "There is nothing in this list below its first line."),
        (HEAD, 1, "There is nothing in this list below its first line."),
        (f"{VERA},2026-12-31,Paid\n", 1, "The first line has to name the columns: email,until,reason"),
        (f"email,until\n{VERA},2026-12-31\n", 1, "The first line has to name the columns"),
        (f"email,until,reason,price\n{VERA},2026-12-31,a,1\n", 1, "The first line has to name the columns"),
        (f"email,until,reason,email\n{VERA},2026-12-31,a,b\n", 1, "The first line has to name the columns"),
        (f"{HEAD}{VERA},2026-12-31\n", 2, "This line has 2 columns and the first one 3."),
        (f"{HEAD}{VERA},2026-12-31,a,b\n", 2, "This line has 4 columns and the first one 3."),
        (f'{HEAD}{VERA},2026-12-31,a\n{OLIVE},2026-12-31,"open\n', 3, "This line can’t be read."),
        (f"{HEAD},2026-12-31,a\n", 2, "email: there is no address."),
        (f"{HEAD}a\x00b,2026-12-31,a\n", 2, "email: there is no address."),
        (f"{HEAD}nobody@example.com,2026-12-31,a\n", 2, "There is no account with the address “nobody@example.com”."),
        (f"{HEAD}=cmd|' /C calc'!A0,2026-12-31,a\n", 2, "There is no account with the address “=cmd|' /c calc'!a0”."),
        (f"{HEAD}{VERA},,a\n", 2, "until: “”. Write a day like 2026-12-31, or end."),
        (f"{HEAD}{VERA},soon,a\n", 2, f"until: “soon”. {DAY_WORDS}"),
        (f"{HEAD}{VERA},31.12.2026,a\n", 2, f"until: “31.12.2026”. {DAY_WORDS}"),
        (f"{HEAD}{VERA},20261231,a\n", 2, f"until: “20261231”. {DAY_WORDS}"),
        (f"{HEAD}{VERA},２０２６-12-31,a\n", 2, DAY_WORDS),
        (f"{HEAD}{VERA},2026-02-30,a\n", 2, DAY_WORDS),
        (f"{HEAD}{VERA},=TODAY(),a\n", 2, "until: “=TODAY()”."),
        (f"{HEAD}{VERA},=1+1,a\n", 2, f"until: “=1+1”. {DAY_WORDS}"),
        (f"{HEAD}{VERA},2026-12-31T23:59:59,a\n", 2, "This time needs its zone"),
        (f"{HEAD}{VERA},2026-03-01,a\n", 2, "This is over already."),
        (f"{HEAD}{VERA},1999-12-31,a\n", 2, "Use a year between 2000 and 2999."),
        (f"{HEAD}{VERA},9999-12-31T23:59:59-12:00,a\n", 2, "This is a time with its zone"),
        (f"{HEAD}{VERA},2026-12-31,\n", 2, "reason: Give a reason."),
        (f"{HEAD}{VERA},2026-12-31,{'x' * 501}\n", 2, "reason: Use 500 characters at the most"),
        (f"{HEAD}{VERA},2026-12-31,a\x07b\n", 2, "reason: Remove the characters"),
        (f"{FULL}{VERA},2026-12-31,a,12\n", 2, "product_id: “12” is not the id of a programme."),
        (f"{FULL}{VERA},2026-12-31,a,{UNKNOWN}\n", 2, f"There is no programme with the id {UNKNOWN}."),
        (f"{FULL}{VERA},end,a,{UNKNOWN}\n", 2, f"There is no programme with the id {UNKNOWN}."),
        (f"{HEAD}{VERA},2026-12-31,a\n\n{VERA},end,b\n", 4, "Line 2 says something about the same already."),
        (f'{HEAD}{VERA},2026-12-31,"a\nb"\n{OLIVE},soon,b\n', 4, "until: “soon”."),
    ],
)
def test_a_bad_line_is_told_with_its_number(in_app: Flask, cast: Cast, text: str, number: int, told: str) -> None:
    plan = plan_list(text, NOON)

    assert [error.number for error in plan.errors] == [number]
    assert told in plan.errors[0].words


def test_every_bad_line_is_told_at_once_and_everything_that_is_wrong_with_it(in_app: Flask, cast: Cast) -> None:
    text = f"{FULL},soon,,12\n{VERA},2026-12-31,a,\nnobody@example.com,2026-12-31,a,\n{MILO},2026-01-01,a,\n"

    errors = plan_list(text, NOON).errors

    assert [error.number for error in errors] == [2, 4, 5]
    assert all(name in errors[0].words for name in ("email:", "until:", "reason:", "product_id:"))


def test_a_list_has_a_last_line(in_app: Flask, cast: Cast) -> None:
    lines = "".join(f"nobody-{number}@example.com,2026-12-31,a\n" for number in range(LINES_MAX + 1))

    errors = plan_list(HEAD + lines, NOON).errors

    assert (errors[-1].number, errors[-1].words) == (5002, "The list ends here: use 5,000 lines at the most.")


@pytest.mark.parametrize("content", [b"\xff\xfee\x00", "käse".encode("latin-1"), b"x" * (LIST_MAX_BYTES + 1)])
def test_a_file_that_is_no_such_text_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"UTF-8|1 MB"):
        decoded(content)


@pytest.mark.parametrize("count", [1, 30])
def test_a_plan_costs_three_queries_however_long_the_list_is(app: Flask, cast: Cast, make: Make, count: int) -> None:
    product_id = make().product_id
    lines = "".join(f"{email},2026-12-31,a,{product_id}\n" for email in add_viewers(app, count))

    with app.app_context(), queries_of(app) as sent:
        assert len(plan_list(FULL + lines, NOON).effective) == count

    assert len(sent) == 3, sent  # the accounts, their grants, the programmes


def test_a_list_is_checked_first_and_applied_from_there(office: "Office", make: Make) -> None:
    programme = make(title="Breathing")
    text = f"{FULL}{VERA},2026-12-31,Paid,\n{MILO},end,Refunded,\n{OLIVE},,Won it,{programme.product_id}\n"

    checked = office.check(text)
    assert (checked.status, office.changes()) == (303, [])
    plan = office.admin.get(str(checked.location))
    assert "3 changes; 0 lines change nothing." in plan.text
    assert [words(row) for row in plan.all(".row")] == [
        f"{VERA} Line 2: Vera Viewer Premium Then: until 31 December 2026, 23:59 UTC Now: none Paid",
        f"{MILO} Line 3: Milo Member Premium Then: none Now: until 1 April 2026, 12:00 UTC Refunded",
        f"{OLIVE} Line 4: Olive Owner Breathing Then: without an end Now: none Won it",
    ]
    assert office.changes() == []

    applied = office.apply(checked)

    assert (applied.status, applied.location) == (303, PLACE)
    assert "Applied: 3 changed, 0 were so already." in office.admin.get(PLACE).text
    assert [(change.reason, change.source) for change in office.changes()] == [
        (reason, ChangeSource.LIST) for reason in ("Paid", "Refunded", "Won it")
    ]
    assert office.members() == {VERA: LAST_DAY}
    assert office.grants() == [(programme.product_id, None)]


def test_a_list_is_applied_once(office: "Office") -> None:
    checked = office.check(f"{HEAD}{VERA},2026-12-31,Paid\n")
    office.apply(checked)

    again = office.apply(checked)

    assert again.location == PLACE
    assert "Nothing was changed: this list was applied already" in office.admin.get(PLACE).text
    assert len(office.changes()) == 1
    assert office.admin.get(str(checked.location)).status == 404


def test_what_is_so_already_is_counted_and_not_kept(office: "Office") -> None:
    text = f"{HEAD}{VERA},2026-12-31,Paid\n{OLIVE},end,Tidied up\n"
    office.apply(office.check(text))

    checked = office.check(text)

    assert "0 changes; 2 lines change nothing." in office.admin.get(str(checked.location)).text
    office.apply(checked)
    assert "Applied: 0 changed, 2 were so already." in office.admin.get(PLACE).text
    assert [change.reason for change in office.changes()] == ["Paid"]


def test_a_list_with_errors_is_shown_again_for_mending_and_not_kept(office: "Office") -> None:
    text = f"{HEAD}{VERA},2026-12-31,Paid\n{OLIVE},soon,Paid\n"

    page = office.check(text)

    assert page.status == 422
    assert "1 line has to be mended" in page.text
    assert [words(row) for row in page.all(".row")] == [f"Line 3 until: “soon”. {DAY_WORDS}"]
    assert words(page.field("Or paste the list")) == " ".join(text.split())
    assert (office.changes(), office.lists()) == ([], 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff", "This is no text in UTF-8."),
        (b"x" * (LIST_MAX_BYTES + 1), "Use 1 MB at the most; this list has 1,000,001 bytes."),
    ],
)
def test_a_file_that_can_t_be_read_is_told_beside_its_field(office: "Office", content: bytes, told: str) -> None:
    page = office.send(content)

    assert page.status == 422
    assert page.error_beside("File").startswith(told)


def test_nothing_at_all_is_told_beside_the_field(office: "Office") -> None:
    page = office.check("  ")

    assert (page.status, page.error_beside("Or paste the list")) == (422, "Choose a file or paste a list.")


def test_a_giant_is_refused_before_it_is_read(office: "Office") -> None:
    assert office.send(b"x" * (4 * LIST_MAX_BYTES)).status == 413


@pytest.mark.parametrize("as_file", [True, False])
def test_a_list_of_nearly_a_megabyte_is_taken_either_way(app: Flask, office: "Office", *, as_file: bool) -> None:
    emails = add_viewers(app, 60)
    text = HEAD + "".join(f"{email},2026-12-31,{'why ' * 120}\n" for email in emails)
    text += "\n" * (LIST_MAX_BYTES - len(text))

    checked = office.send(text.encode()) if as_file else office.check(text)

    assert checked.status == 303
    assert office.apply(checked).status == 303
    assert len(office.changes()) == 60


def test_what_has_become_wrong_since_the_check_leaves_everything_as_it_was(
    app: Flask, office: "Office", make: Make
) -> None:
    programme = make(title="Breathing")
    checked = office.check(f"{FULL}{VERA},2026-12-31,Paid,\n{VERA},,Won it,{programme.product_id}\n")
    with app.app_context():
        db.session.delete(db.session.get_one(Programme, programme.product_id))
        db.session.commit()

    page = office.apply(checked)

    assert page.status == 409
    assert f"There is no programme with the id {programme.product_id}." in page.text
    assert not page.all("form[action$=applications]")
    assert (office.changes(), office.members(), office.lists()) == ([], {MILO: NOON + timedelta(days=30)}, 1)


def test_a_checked_list_waits_for_a_day(office: "Office", clock: StoppedClock) -> None:
    checked = office.check(f"{HEAD}{VERA},2026-12-31,Paid\n")
    clock.advance(days=1)

    assert office.admin.get(str(checked.location)).status == 404
    assert office.apply(checked).location == PLACE
    assert office.changes() == []


def test_a_list_that_nobody_applied_is_forgotten(app: Flask, office: "Office") -> None:
    office.check(f"{HEAD}{VERA},2026-12-31,Paid\n")

    with app.app_context():
        assert forget_the_old(NOON + timedelta(days=1, seconds=-1), at_once).done == 0
        assert forget_the_old(NOON + timedelta(days=1), at_once).done == 1

    assert office.lists() == 0


@pytest.mark.parametrize("number", ["0", "7", "9" * 30])
def test_a_list_that_never_was_is_not_there(office: "Office", number: str) -> None:
    assert office.admin.get(f"{PLACE}/{number}").status == 404
    assert office.admin.post(f"{PLACE}/{number}/applications").location == PLACE


class Office:
    """The administrator with lists."""

    def __init__(self, app: Flask, admin: Reader) -> None:
        self.app, self.admin = app, admin
        admin.get(PLACE)

    def check(self, text: str) -> Page:
        return self._post(f'name="text"\r\n\r\n{text}'.encode())

    def send(self, content: bytes) -> Page:
        return self._post(b'name="file"; filename="list.csv"\r\nContent-Type: text/csv\r\n\r\n' + content)

    def apply(self, checked: Page) -> Page:
        return self.admin.post(f"{checked.location}/applications")

    def changes(self) -> list[MembershipChange]:
        with self.app.app_context():
            return list(db.session.scalars(select(MembershipChange).order_by(MembershipChange.id)))

    def lists(self) -> int:
        with self.app.app_context():
            return len(db.session.scalars(select(MembershipList)).all())

    def members(self) -> dict[str, datetime]:
        with self.app.app_context():
            people = db.session.scalars(select(User))
            return {person.email: person.member_until for person in people if person.member_until}

    def grants(self) -> list[tuple[uuid.UUID, datetime | None]]:
        with self.app.app_context():
            return [(grant.product_id, grant.until) for grant in db.session.scalars(select(ProgrammeGrant))]

    def _post(self, part: bytes) -> Page:
        """A form as a browser sends it; put together here, as the client's own way leaves a file open."""
        token = f'name="csrf_token"\r\n\r\n{self.admin.token}'.encode()
        body = b"".join(b"--line\r\nContent-Disposition: form-data; " + each + b"\r\n" for each in (token, part))
        answer = self.admin.client.post(
            PLACE, data=body + b"--line--\r\n", content_type="multipart/form-data; boundary=line"
        )
        return self.admin._page(answer)


def add_viewers(app: Flask, count: int) -> list[str]:
    with app.app_context():
        added = [make_user(Role.VIEWER, f"Number {number:02}").email for number in range(count)]
        db.session.commit()
        return added


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    return Office(app, Reader(app, cast.admin))
