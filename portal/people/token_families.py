"""Families of the API's tokens: begun by a sign-in, carried on by refreshing, ended by their holder or by reuse."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update

from portal.config import Settings
from portal.extensions import db
from portal.models import RefreshFamily, Role, User


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Whose token it is, and which refresh token of its family is the good one."""

    user: User
    family_id: uuid.UUID
    current_jti: str


def begin_family(user: User, settings: Settings, *, at: datetime) -> RefreshFamily:
    """A new family in the session, with the id that its first refresh token must bear."""
    family = RefreshFamily(
        id=uuid.uuid4(),
        user_id=user.id,
        current_jti=str(uuid.uuid4()),
        created_at=at,
        refreshed_at=at,
        expires_at=_expiry(settings, at),
    )
    db.session.add(family)
    return family


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a rightly signed token of ours says: of which account and family it is, and how the account stood then."""

    user_id: int
    family_id: uuid.UUID
    role: str
    version: int

    @classmethod
    def of(cls, claims: dict[str, Any]) -> "Claims | None":
        """None for a token that lacks something which ours have."""
        user_id, family_id = _user_id(claims.get("sub")), _uuid(claims.get("fam"))
        role, version = claims.get("role"), claims.get("ver")
        if user_id is None or family_id is None or not isinstance(role, str) or type(version) is not int:
            return None
        return cls(user_id=user_id, family_id=family_id, role=role, version=version)

    def fit(self, *, role: Role, version: int, is_enabled: bool) -> bool:
        """Whether the account stands as it did, and may be used."""
        return is_enabled and role.value == self.role and version == self.version


def holder_of(claims: Claims) -> Holder | None:
    """Who a token of ours belongs to, if account, role and family still are as it says. One query."""
    chosen = select(User, RefreshFamily.current_jti).join(RefreshFamily, RefreshFamily.user_id == User.id)
    found = db.session.execute(
        chosen.where(User.id == claims.user_id, RefreshFamily.id == claims.family_id, RefreshFamily.ended_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    user, current_jti = found
    if not claims.fit(role=user.role, version=user.token_version, is_enabled=user.is_enabled):
        return None
    return Holder(user=user, family_id=claims.family_id, current_jti=current_jti)


def carry_on(holder: Holder, settings: Settings, *, at: datetime) -> str | None:
    """The id for the next refresh token, which from now on is the only good one.

    None where the family has moved on or ended since the holder was read: another request was quicker.
    """
    fresh_jti = str(uuid.uuid4())
    still_as_read = (RefreshFamily.id == holder.family_id, RefreshFamily.current_jti == holder.current_jti)
    moved = db.session.execute(
        update(RefreshFamily)
        .where(*still_as_read, RefreshFamily.ended_at.is_(None))
        .values(current_jti=fresh_jti, refreshed_at=at, expires_at=_expiry(settings, at))
        .execution_options(synchronize_session=False)
    )
    return fresh_jti if isinstance(moved, CursorResult) and moved.rowcount == 1 else None


def is_alive(family_id: uuid.UUID) -> bool:
    alive = select(RefreshFamily.id).where(RefreshFamily.id == family_id, RefreshFamily.ended_at.is_(None))
    return db.session.scalar(alive) is not None


def end_family(family_id: uuid.UUID, *, at: datetime) -> None:
    """Void every token of a family."""
    _end(RefreshFamily.id == family_id, at)


def void_tokens(user: User, *, at: datetime) -> None:
    """Void every token of an account."""
    user.token_version += 1
    _end(RefreshFamily.user_id == user.id, at)


def _end(which: Any, at: datetime) -> None:
    ending = update(RefreshFamily).where(which, RefreshFamily.ended_at.is_(None)).values(ended_at=at)
    db.session.execute(ending.execution_options(synchronize_session=False))


def _expiry(settings: Settings, at: datetime) -> datetime:
    """When the last token that is made now will be no good any more."""
    return at + timedelta(seconds=max(settings.access_token_seconds, settings.refresh_token_seconds))


def _user_id(subject: object) -> int | None:
    text = subject if isinstance(subject, str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None  # noqa: PLR2004 - 64 bits


def _uuid(value: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
