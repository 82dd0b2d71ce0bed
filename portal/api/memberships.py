"""Memberships for a shop's software: what an account has, given and taken away, however often a request is repeated."""

import uuid
from datetime import datetime
from typing import Annotated, Any

import structlog
from flask import abort
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo
from sqlalchemy import ColumnElement
from sqlalchemy.exc import IntegrityError

from portal.api.identity import api_user, needs_token
from portal.api.requests import read_json, read_query
from portal.api.schemas import Body
from portal.api.views import api
from portal.clock import iso_utc, utc_now
from portal.extensions import db
from portal.models import ChangeSource, Role, User
from portal.models.membership import REFERENCE_MAX_CHARACTERS, Term, find_change
from portal.models.paging import ROW_ID_MAX
from portal.models.user import EMAIL_MAX_CHARACTERS, normal_email
from portal.people.memberships import (
    Holdings,
    Wish,
    can_be_fulfilled,
    checked_reason,
    fulfil,
    hold_holdings,
    known_products,
    look_at_holdings,
    read_moment,
)

log = structlog.get_logger()

OTHER_CONTENT = "This reference was used with other content."


def _checked_email(value: str) -> str:
    if not value.strip() or len(value) > EMAIL_MAX_CHARACTERS or not value.isprintable():
        raise ValueError("This is an e-mail address.")
    return normal_email(value)


def _checked_reference(value: str) -> str:
    if not value.strip() or len(value) > REFERENCE_MAX_CHARACTERS or not value.isprintable():
        raise ValueError(f"Send 1 to {REFERENCE_MAX_CHARACTERS} printable characters.")
    return value


def _read_until(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("This is a time with its zone, like 2026-12-31T23:59:59Z, or null.")  # noqa: TRY004 - pydantic's
    return read_moment(value)


def _one_of_two(email: str | None, info: ValidationInfo) -> str | None:
    if "user_id" in info.data and (email is None) == (info.data["user_id"] is None):
        raise ValueError("Name the account by email or by userId, one of the two.")
    return email


Email = Annotated[str, AfterValidator(_checked_email)]


class WantedMembership(Body):
    """What an account is to have: membership, or with a product that programme, until then; None takes it away."""

    user_id: Annotated[int, Field(ge=1, le=ROW_ID_MAX)] | None = None
    email: Annotated[Email | None, AfterValidator(_one_of_two), Field(validate_default=True)] = None
    until: Annotated[datetime | None, PlainValidator(_read_until)]
    reason: Annotated[str, AfterValidator(checked_reason)]
    product_id: uuid.UUID | None = None
    reference: Annotated[str, AfterValidator(_checked_reference)] | None = None

    @property
    def wish(self) -> Wish:
        term = Term(is_held=self.until is not None, until=self.until)
        return Wish(product_id=self.product_id, term=term, reason=self.reason)

    @property
    def whom(self) -> ColumnElement[bool]:
        return User.email == self.email if self.user_id is None else User.id == self.user_id


class MembershipQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email


@api.get("/memberships")
@needs_token(Role.ADMIN)
def show_membership() -> dict[str, Any]:
    held = look_at_holdings(User.email == read_query(MembershipQuery).email)
    return _membership_json(_only(held.people), held, utc_now())


@api.post("/memberships")
@needs_token(Role.ADMIN)
def change_membership() -> dict[str, Any]:
    """Give or take. A request that changes nothing leaves no trace; one whose reference was applied is not applied."""
    sent, by, at = read_json(WantedMembership), api_user(), utc_now()
    held = hold_holdings(sent.whom)
    person, wish = _only(held.people), sent.wish
    former = find_change(by.id, sent.reference) if sent.reference else None
    if former is not None and not wish.is_what(former, person):
        abort(409, OTHER_CONTENT)
    if former is None:
        _refuse_unknown_products(wish)
        has_changed = fulfil(wish, person, held, by=by, source=ChangeSource.API, at=at, reference=sent.reference)
        _commit()
        if has_changed:
            log.info("membership.changed", user=person.id, product=wish.product_id, by=by.id, source="api")
    return _membership_json(person, held, at)


def _only(people: dict[int, User]) -> User:
    if not people:
        abort(404, "There is no such account.")
    return next(iter(people.values()))


def _refuse_unknown_products(wish: Wish) -> None:
    if wish.product_id is not None and not can_be_fulfilled(wish, known_products({wish.product_id})):
        abort(404, "There is no such programme.")


def _commit() -> None:
    """Of two requests at once with the same reference for different accounts one gets here second."""
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        abort(409, OTHER_CONTENT)


def _membership_json(person: User, held: Holdings, at: datetime) -> dict[str, Any]:
    """What an account has: its grants are those that run."""
    return {
        "userId": person.id,
        "email": person.email,
        "memberUntil": iso_utc(person.member_until),
        "grants": [
            {"productId": str(grant.product_id), "until": iso_utc(grant.until)}
            for grant in held.running_grants(person, at)
        ],
    }
