"""Who calls with a token of ours, and what they ask for, in one query on the bare driver."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import aliased

from portal.database.bare_connections import BareConnections
from portal.database.gathered_select import GatheredSelect
from portal.database.stamp import StampColumn
from portal.models import Product, Programme, ProgrammeGrant, RefreshFamily, User
from portal.models.programme_row import ProgrammeRow, programme_columns
from portal.models.standing import Person
from portal.people.token_families import Claims

_caller = (User.id, User.role, User.is_enabled, User.token_version, User.member_until)
_is_theirs = and_(
    User.id == bindparam("user_id"),
    RefreshFamily.id == bindparam("family_id"),
    RefreshFamily.user_id == User.id,
    RefreshFamily.ended_at.is_(None),
)
_coach = aliased(User)
_is_granted_for = and_(ProgrammeGrant.user_id == User.id, ProgrammeGrant.product_id == Programme.product_id)

_CALLER = GatheredSelect(
    select(*_caller, exists().where(ProgrammeGrant.user_id == User.id).label("has_grants"), StampColumn())
    .select_from(User)
    .join(RefreshFamily, RefreshFamily.user_id == User.id)
    .where(_is_theirs)
)
_CALLER_AND_PROGRAMME = GatheredSelect(
    select(*_caller, ProgrammeGrant.id, ProgrammeGrant.until, *programme_columns(Programme, Product, _coach))
    .select_from(User)
    .join(RefreshFamily, RefreshFamily.user_id == User.id)
    .join(Programme, Programme.product_id == bindparam("product_id"))
    .join(Product, Product.id == Programme.product_id)
    .join(_coach, _coach.id == Product.owner_id)
    .outerjoin(ProgrammeGrant, _is_granted_for)
    .where(_is_theirs)
)
_GRANT = len(_caller)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whoever calls, whether single programmes were opened for them, and where the database stood (a stamp)."""

    person: Person
    has_grants: bool
    stamp: str


def read_caller(connections: BareConnections, claims: Claims) -> Caller | None:
    """The account that a token was made for; None if the token is void."""
    row = connections.first(_CALLER, user_id=claims.user_id, family_id=claims.family_id)
    if row is None or not _fits(claims, row):
        return None
    return Caller(person=_person(row), has_grants=bool(row[_GRANT]), stamp=row[_GRANT + 1])


def read_caller_and_programme(
    connections: BareConnections, claims: Claims, product_id: uuid.UUID
) -> tuple[Person, ProgrammeRow] | None:
    """The account and the programme, whoever may see that; None if the token is void or there is no such programme."""
    asked = {"user_id": claims.user_id, "family_id": claims.family_id, "product_id": product_id}
    row = connections.first(_CALLER_AND_PROGRAMME, **asked)
    if row is None or not _fits(claims, row):
        return None
    grant_id, until = row[_GRANT : _GRANT + 2]
    granted = {product_id: until} if grant_id is not None else {}
    return _person(row, granted), ProgrammeRow._make(row[_GRANT + 2 :])


def _fits(claims: Claims, row: Sequence[Any]) -> bool:
    _, role, is_enabled, version, _ = row[:_GRANT]
    return claims.fit(role=role, version=version, is_enabled=is_enabled)


def _person(row: Sequence[Any], granted: dict[uuid.UUID, Any] | None = None) -> Person:
    user_id, role, _, _, member_until = row[:_GRANT]
    return Person(id=user_id, role=role, member_until=member_until, granted_until=granted or {})
