"""Accounts of people whom the identity provider knows: found, linked by e-mail, made, kept in step with their role."""

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.api.provider import ExternalPerson
from portal.clock import utc_now
from portal.database.transactions import expecting_writes
from portal.extensions import db
from portal.models import Role, User
from portal.models.user import select_user_by_email
from portal.people.accounts import is_demo_outside_demo
from portal.people.token_families import void_tokens

log = structlog.get_logger()


def account_of(person: ExternalPerson, role: Role) -> User | None:
    """The enabled account, with the role that the provider says; None if there is none and none may be made.

    One query for whoever was here before. The rest is written in a transaction of its own, since even a call that
    only reads may be somebody's first.
    """
    user = db.session.scalar(select(User).where(User.external_subject == person.subject))
    if user is None or (user.is_enabled and user.role is not role):
        db.session.rollback()
        with expecting_writes():
            user = _in_step(person, role)
            db.session.commit()
    return user if user is not None and user.is_enabled else None


def _in_step(person: ExternalPerson, role: Role) -> User | None:
    chosen = select(User).where(User.external_subject == person.subject).with_for_update()
    user = db.session.scalar(chosen) or _joined(person, role)
    if user is None or not user.is_enabled or user.role is role:
        return user
    log.info("provider.role_changed", user=user.id, was=user.role.value, role=role.value)
    user.role = role
    void_tokens(user, at=utc_now())
    return user


def _joined(person: ExternalPerson, role: Role) -> User | None:
    """The account that has the e-mail address already, if the provider vouches for it, or else a new one."""
    if person.email is None or person.is_email_verified is False:
        return None
    user = db.session.scalar(select_user_by_email(person.email).with_for_update())
    if user is None:
        return _made(person, role, person.email)
    if person.is_email_verified is not True or user.external_subject is not None or is_demo_outside_demo(user):
        return None
    user.external_subject = person.subject
    log.info("provider.account_linked", user=user.id)
    return user


def _made(person: ExternalPerson, role: Role, email: str) -> User | None:
    """A new account without a password; None if another request made the person, or took the address, just now."""
    user = User(
        email=email,
        name=person.name,
        password_hash="",  # nothing matches it
        role=role,
        external_subject=person.subject,
        created_at=utc_now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError:
        return db.session.scalar(select(User).where(User.external_subject == person.subject))
    log.info("provider.account_made", user=user.id, role=role.value)
    return user
