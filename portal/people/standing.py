"""What somebody's account may do and whether it may be used at all; whatever changes that ends what was begun before.

Sessions end and tokens are void the moment that the change is committed, since both are looked up on every request.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from portal.extensions import db
from portal.models import Role, User, UserSession
from portal.models.paging import is_row_id
from portal.people.accounts import set_password
from portal.people.sessions import end_sessions
from portal.people.token_families import void_tokens


class StandingError(Exception):
    """The change can't be made; says why to the administrator who wants it."""


@dataclass(frozen=True, kw_only=True)
class HeldPerson:
    """An account and, so that two administrators can't put out each other, all active administrators, locked."""

    person: User
    active_admin_ids: frozenset[int]

    def refuse_to_lose_the_last_admin(self) -> None:
        if self.active_admin_ids == {self.person.id}:
            raise StandingError("This is the only active administrator. Make somebody else one first.")


def hold_person(user_id: int, by: User) -> HeldPerson | None:
    """The account for a change by an administrator, locked until the transaction ends.

    None if there is none, or if the administrator has stopped being one while asking.
    """
    if not is_row_id(user_id):
        return None
    is_active_admin = and_(User.role == Role.ADMIN, User.is_enabled)
    chosen = select(User).where(or_(User.id == user_id, is_active_admin)).order_by(User.id).with_for_update()
    held = db.session.scalars(chosen.execution_options(populate_existing=True)).all()
    admin_ids = frozenset(user.id for user in held if user.is_admin and user.is_enabled)
    person = next((user for user in held if user.id == user_id), None)
    if person is None or by.id not in admin_ids:
        return None
    return HeldPerson(person=person, active_admin_ids=admin_ids)


def deactivate(held: HeldPerson, by: User, *, at: datetime) -> None:
    """Put somebody out, at once and everywhere, until they are activated again."""
    if held.person.id == by.id:
        raise StandingError("This is your own account. Another administrator can deactivate it.")
    held.refuse_to_lose_the_last_admin()
    held.person.is_enabled = False
    end_everything(held.person, at=at)


def activate(held: HeldPerson) -> None:
    """Let somebody sign in again; what had ended stays ended."""
    held.person.is_enabled = True


def change_role(held: HeldPerson, role: Role, *, at: datetime) -> None:
    """Give somebody another role. Their tokens name the old one, and so are void; pages follow at once."""
    if held.person.external_subject is not None:
        raise StandingError("Their role comes from the identity provider. Change it there.")
    if held.person.role is role:
        return
    if role is not Role.ADMIN:
        held.refuse_to_lose_the_last_admin()
    held.person.role = role
    void_tokens(held.person, at=at)


def change_password(user: User, password: str, *, at: datetime, but: UserSession) -> None:
    """Set a new password; whoever came in with the old one is out, but for the session that asks."""
    set_password(user, password)
    end_everything(user, at=at, but=but)


def end_everything(user: User, *, at: datetime, but: UserSession | None = None) -> None:
    """End all sessions, but for one that may be named, and void all tokens."""
    end_sessions(user, at=at, but=but)
    void_tokens(user, at=at)
