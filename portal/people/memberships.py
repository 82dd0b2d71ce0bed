"""What people are given to watch and what is taken away: the one place that changes it, and keeps why.

Access asks the account and its grants anew each time, so a change holds from the moment it is committed.
"""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, select

from portal.extensions import db
from portal.models import ChangeSource, MembershipChange, Product, Programme, ProgrammeGrant, User
from portal.models.membership import NOT_HELD, REASON_MAX_CHARACTERS, Term, select_grants
from portal.models.programme import checked_text

FIRST_YEAR, LAST_YEAR = 2000, 2999
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody is to have, and why: premium membership, or with a product that programme alone."""

    product_id: uuid.UUID | None
    term: Term
    reason: str

    def __post_init__(self) -> None:
        if self.product_id is None and self.term.is_held and self.term.until is None:
            raise ValueError("a membership has an end")

    def is_what(self, change: MembershipChange, person: User) -> bool:
        """Whether that change came of the same wish for the same person."""
        same_thing = (change.user_id, change.product_id) == (person.id, self.product_id)
        return same_thing and change.after == self.term and change.reason == self.reason


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What some people have: their accounts, and their grants by account and product."""

    people: dict[int, User]
    grants: dict[tuple[int, uuid.UUID], ProgrammeGrant]

    def term(self, person: User, product_id: uuid.UUID | None) -> Term:
        if product_id is None:
            return Term(is_held=person.member_until is not None, until=person.member_until)
        grant = self.grants.get((person.id, product_id))
        return grant.term if grant else NOT_HELD

    def running_grants(self, person: User, at: datetime) -> list[ProgrammeGrant]:
        """Those by which somebody may watch at that time, in the order in which they were given."""
        running = (grant for grant in self.grants.values() if grant.user_id == person.id and grant.runs(at))
        return sorted(running, key=lambda grant: grant.id)


def look_at_holdings(whom: ColumnElement[bool]) -> Holdings:
    """What these people have at this moment. Two queries."""
    return _with_grants(list(db.session.scalars(select(User).where(whom).order_by(User.id))))


def hold_holdings(whom: ColumnElement[bool]) -> Holdings:
    """What these people have, the accounts locked until the transaction ends: for every change. Two queries."""
    chosen = select(User).where(whom).order_by(User.id).with_for_update()
    return _with_grants(list(db.session.scalars(chosen.execution_options(populate_existing=True))))


def known_products(product_ids: set[uuid.UUID]) -> dict[uuid.UUID, str | None]:
    """Which of these ids are ours, with the title of the programme: None once it was deleted. One query."""
    is_there = Programme.deleted_at.is_(None) & (Programme.product_id == Product.id)
    chosen = select(Product.id, Programme.title).outerjoin(Programme, is_there).where(Product.id.in_(product_ids))
    return dict(iter(db.session.execute(chosen)))


def can_be_fulfilled(wish: Wish, known: dict[uuid.UUID, str | None]) -> bool:
    """Whether there is what is wished for. What was deleted can't be given any more, and still be taken away."""
    if wish.product_id is None:
        return True
    return known.get(wish.product_id) is not None if wish.term.is_held else wish.product_id in known


def fulfil(
    wish: Wish,
    person: User,
    held: Holdings,
    *,
    by: User,
    source: ChangeSource,
    at: datetime,
    reference: str | None = None,
) -> bool:
    """Give or take what is wished for and keep a line of it; whether that changed anything.

    Where it changes nothing a line is kept only to remember the reference.
    """
    before = held.term(person, wish.product_id)
    if before == wish.term and reference is None:
        return False
    if wish.product_id is None:
        person.member_until = wish.term.until
    else:
        _set_grant(person, wish.product_id, wish.term, held)
    db.session.add(
        MembershipChange(
            user_id=person.id,
            product_id=wish.product_id,
            was_held=before.is_held,
            was_until=before.until,
            is_held=wish.term.is_held,
            until=wish.term.until,
            reason=wish.reason,
            source=source,
            reference=reference,
            by_id=by.id,
            at=at,
        )
    )
    return before != wish.term


def checked_reason(value: str) -> str:
    """The reason as it is kept; ValueError says in plain words what is wrong with it."""
    reason = " ".join(value.split())
    if not reason:
        raise ValueError("Give a reason. It is kept with the change.")
    if len(reason) > REASON_MAX_CHARACTERS:
        raise ValueError(f"Use {REASON_MAX_CHARACTERS} characters at the most; this reason has {len(reason)}.")
    return checked_text(reason)


def read_moment(text: str) -> datetime:
    """A time in ISO 8601 with its zone, in UTC; ValueError for anything else."""
    try:
        at = datetime.fromisoformat(text)
        utc = at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("This is a time with its zone, like 2026-12-31T23:59:59Z.") from error
    if at.tzinfo is None:
        raise ValueError("This time needs its zone, like 2026-12-31T23:59:59Z.")
    return _in_range(utc)


def read_last_day(text: str) -> datetime:
    """The last second of a day (year-month-day) in UTC; ValueError for anything else."""
    words = "Write the day as year-month-day, like 2026-12-31."
    if not _DAY.fullmatch(text):
        raise ValueError(words)
    try:
        last_second = datetime.fromisoformat(f"{text}T23:59:59+00:00")
    except ValueError as error:
        raise ValueError(words) from error
    return _in_range(last_second)


def refuse_the_past(until: datetime, at: datetime) -> datetime:
    """The time, if it is still to come. For people: a program may be late with what it tells."""
    if until <= at:
        raise ValueError("This is over already.")
    return until


def _in_range(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"Use a year between {FIRST_YEAR} and {LAST_YEAR}.")
    return at


def _with_grants(people: list[User]) -> Holdings:
    grants = db.session.scalars(select_grants([person.id for person in people])) if people else ()
    return Holdings(
        people={person.id: person for person in people},
        grants={(grant.user_id, grant.product_id): grant for grant in grants},
    )


def _set_grant(person: User, product_id: uuid.UUID, term: Term, held: Holdings) -> None:
    grant = held.grants.get((person.id, product_id))
    if grant is None and term.is_held:
        grant = ProgrammeGrant(user_id=person.id, product_id=product_id, until=term.until)
        db.session.add(grant)
        held.grants[person.id, product_id] = grant
    elif grant is not None and term.is_held:
        grant.until = term.until
    elif grant is not None:
        db.session.delete(held.grants.pop((person.id, product_id)))
