"""Many memberships at once: a list (CSV) is read, checked line by line against what people have, and applied whole.

A list holds a line for each change: whose (email), until when, why, and for a single programme its product_id.
"""

import csv
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from portal.models import ChangeSource, User
from portal.models.membership import NOT_HELD, Term
from portal.models.programme import showable
from portal.models.user import normal_email
from portal.people.memberships import (
    Holdings,
    Wish,
    can_be_fulfilled,
    checked_reason,
    fulfil,
    hold_holdings,
    known_products,
    look_at_holdings,
    read_last_day,
    read_moment,
    refuse_the_past,
)

LIST_MAX_BYTES = 1_000_000
LINES_MAX = 5_000
TAKE_AWAY = "end"
NEEDED, OPTIONAL = ("email", "until", "reason"), "product_id"
QUOTED_MAX_CHARACTERS = 60


@dataclass(frozen=True, kw_only=True)
class Line:
    """One readable line: where it stands, and what is wished for whom."""

    number: int
    email: str
    wish: Wish


@dataclass(frozen=True, kw_only=True)
class LineError:
    """What is wrong with a line, in plain words."""

    number: int
    words: str


@dataclass(frozen=True, kw_only=True)
class PlannedChange:
    """What a line would bring about."""

    line: Line
    person: User
    before: Term
    title: str | None  # of the programme, where it is about one

    @property
    def changes(self) -> bool:
        return self.before != self.line.wish.term


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a list would bring about. With errors nothing of it is applied."""

    changes: list[PlannedChange]
    errors: list[LineError]

    @property
    def effective(self) -> list[PlannedChange]:
        return [planned for planned in self.changes if planned.changes]

    @property
    def unchanged_count(self) -> int:
        return len(self.changes) - len(self.effective)


def decoded(content: bytes) -> str:
    """A file's text; ValueError if it is too long or no UTF-8."""
    if len(content) > LIST_MAX_BYTES:
        raise ValueError(f"Use {LIST_MAX_BYTES // 1_000_000} MB at the most; this list has {len(content):,} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("This is no text in UTF-8. Save the list as “CSV UTF-8”.") from error


def plan_list(text: str, at: datetime) -> Plan:
    """What the list would bring about now, and every error in it. Nothing is changed."""
    return _plan(text, at, is_for_change=False)[0]


def apply_list(text: str, by: User, *, at: datetime) -> Plan:
    """Bring about all that the list says; or nothing, where an error has turned up by now."""
    plan, held = _plan(text, at, is_for_change=True)
    if plan.errors:
        return plan
    for planned in plan.changes:
        fulfil(planned.line.wish, planned.person, held, by=by, source=ChangeSource.LIST, at=at)
    return plan


def _plan(text: str, at: datetime, *, is_for_change: bool) -> tuple[Plan, Holdings]:
    read = list(_read_lines(text, at))
    lines = [each for each in read if isinstance(each, Line)]
    errors = [each for each in read if isinstance(each, LineError)]
    whom = User.email.in_({line.email for line in lines})
    held = hold_holdings(whom) if is_for_change else look_at_holdings(whom)
    people = {person.email: person for person in held.people.values()}
    wished = {line.wish.product_id for line in lines if line.wish.product_id}
    known = known_products(wished) if wished else {}
    changes: list[PlannedChange] = []
    first_lines: dict[tuple[str, uuid.UUID | None], int] = {}
    for line in lines:
        thing = (line.email, line.wish.product_id)
        words = _refusal(line, people, known, first_lines.setdefault(thing, line.number))
        if words:
            errors.append(LineError(number=line.number, words=words))
            continue
        person, product_id = people[line.email], line.wish.product_id
        title = known[product_id] if product_id else None
        changes.append(PlannedChange(line=line, person=person, before=held.term(person, product_id), title=title))
    return Plan(changes=changes, errors=sorted(errors, key=lambda error: error.number)), held


def _refusal(line: Line, people: dict[str, User], known: dict[uuid.UUID, str | None], first_number: int) -> str | None:
    """Why a line that can be read can't be brought about; None if it can."""
    if line.email not in people:
        return f"There is no account with the address {_quoted(line.email)}."
    if not can_be_fulfilled(line.wish, known):
        return f"There is no programme with the id {line.wish.product_id}."
    if first_number != line.number:
        return f"Line {first_number} says something about the same already."
    return None


def _read_lines(text: str, at: datetime) -> Iterator[Line | LineError]:
    """Each line below the header, read by itself; lines without anything in them are passed over."""
    content = text.removeprefix("\N{BYTE ORDER MARK}")
    delimiter = ";" if ";" in content.partition("\n")[0] else ","  # what some spreadsheets write
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    read = 0
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            yield LineError(number=number, words="This line can’t be read. Look for a quotation mark without its pair.")
            return
        if cells is None:
            break
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = [cell.strip().lower() for cell in cells]
            if set(columns) - {OPTIONAL} != set(NEEDED) or len(set(columns)) != len(columns):
                words = (
                    f"The first line has to name the columns: {','.join(NEEDED)} and, where you need it, {OPTIONAL}."
                )
                yield LineError(number=number, words=words)
                return
            continue
        read += 1
        if read > LINES_MAX:
            yield LineError(number=number, words=f"The list ends here: use {LINES_MAX:,} lines at the most.")
            return
        yield _read_line(number, columns, cells, at)
    if not read:
        yield LineError(number=1, words="There is nothing in this list below its first line.")


def _read_line(number: int, columns: list[str], cells: list[str], at: datetime) -> Line | LineError:
    if len(cells) != len(columns):
        words = f"This line has {len(cells)} columns and the first one {len(columns)}."
        return LineError(number=number, words=f"{words} Put quotation marks around a text with a comma in it.")
    sent = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    complaints: list[str] = []
    email, product_id, term, reason = normal_email(sent["email"]), None, NOT_HELD, ""
    if not email or not email.isprintable():
        complaints.append("email: there is no address.")
    try:
        product_id = _product_id(sent.get(OPTIONAL, ""))
    except ValueError:
        complaints.append(f"product_id: {_quoted(sent[OPTIONAL])} is not the id of a programme.")
    try:
        term = _term(sent["until"], at, may_be_endless=bool(sent.get(OPTIONAL)))
    except ValueError as error:
        complaints.append(f"until: {_quoted(sent['until'])}. {error}")
    try:
        reason = checked_reason(sent["reason"])
    except ValueError as error:
        complaints.append(f"reason: {error}")
    if complaints:
        return LineError(number=number, words=" ".join(complaints))
    return Line(number=number, email=email, wish=Wish(product_id=product_id, term=term, reason=reason))


def _product_id(text: str) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None


def _term(text: str, at: datetime, *, may_be_endless: bool) -> Term:
    if text.lower() == TAKE_AWAY:
        return NOT_HELD
    if not text:
        if may_be_endless:
            return Term(is_held=True)
        raise ValueError(f"Write a day like 2026-12-31, or {TAKE_AWAY}.")
    until = read_moment(text) if "T" in text else read_last_day(text)
    return Term(is_held=True, until=refuse_the_past(until, at))


def _quoted(text: str) -> str:
    shown = showable(text)
    return f"“{shown[:QUOTED_MAX_CHARACTERS]}…”" if len(shown) > QUOTED_MAX_CHARACTERS else f"“{shown}”"
