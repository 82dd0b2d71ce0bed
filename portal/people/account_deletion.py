"""Deleting one's own account: out at once, and nothing left that says who it was."""

import enum
import uuid
from datetime import datetime

from sqlalchemy import delete, exists, select

from portal.extensions import db
from portal.lifecycle.deletion import delete_programme
from portal.models import Mail, Product, Programme, User
from portal.models.programme import select_programme_for_update
from portal.people.account_mails import mail_that_account_is_deleted
from portal.people.password_reset import find_user
from portal.people.standing import StandingError, end_everything, hold_person

NOBODY = "Former {role}"


class ProgrammesRemainError(Exception):
    """There are programmes that would be nobody's."""


class Ending(enum.StrEnum):
    """What is left of an account."""

    REMOVED = "removed"
    NAMELESS = "nameless"  # what it made keeps its maker, who has no name any more


def count_remaining_programmes(user: User) -> int:
    """How many programmes are somebody's and not deleted yet. One query."""
    return len(_remaining(user))


def delete_account(user: User, *, deletes_programmes: bool, at: datetime) -> Ending:
    """Delete somebody's account at their own wish.

    Raises StandingError for the last administrator, and ProgrammesRemainError for who has programmes and did not say
    that they are to be deleted, too.
    """
    _hold(user)
    remaining = _remaining(user)
    if remaining and not deletes_programmes:
        raise ProgrammesRemainError
    for product_id in remaining:
        programme = db.session.scalar(select_programme_for_update(product_id))
        if programme is not None and not programme.is_deleted:
            delete_programme(programme, user, at=at)
    end_everything(user, at=at)
    db.session.execute(delete(Mail).where(Mail.user_id == user.id).execution_options(synchronize_session=False))
    mail_that_account_is_deleted(user.email, user.name, at)
    if db.session.scalar(select(exists().where(Product.owner_id == user.id))):
        _take_name_away(user)
        return Ending.NAMELESS
    db.session.delete(user)
    return Ending.REMOVED


def _hold(user: User) -> None:
    """Keep the account and, so that not all of them leave at once, all administrators as they are until the end."""
    if not user.is_admin:
        find_user(user.id, is_locked=True)
        return
    held = hold_person(user.id, user)
    if held is None:
        raise StandingError("Your account has changed in the meantime. Reload the page and try again.")
    held.refuse_to_lose_the_last_admin()


def _remaining(user: User) -> list[uuid.UUID]:
    mine = select(Programme.product_id).join(Product, Product.id == Programme.product_id)
    return list(db.session.scalars(mine.where(Product.owner_id == user.id, Programme.deleted_at.is_(None))))


def _take_name_away(user: User) -> None:
    """Products stay known as ours for good, and each has an owner: that becomes somebody without a name."""
    user.name = NOBODY.format(role=user.role.value.lower())
    user.email = f"deleted-account-{user.id}"  # no address, so that nobody can have or get it
    user.password_hash = ""
    user.external_subject = None
    user.member_until = None
    user.is_enabled = user.wants_mail = False
