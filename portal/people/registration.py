"""New accounts: by registering, which a mail has to confirm, or by an administrator's invitation."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.models import Invitation, Registration, Role, User
from portal.models.invitation import find_invitation as find_invitation_row
from portal.models.user import normal_email, select_user_by_email
from portal.people.account_links import LASTS_FOR, Purpose, read_link
from portal.people.account_mails import (
    mail_confirmation_of_registration,
    mail_invitation,
    mail_that_account_exists,
)
from portal.people.accounts import EmailTakenError, add_account, hash_password
from portal.people.password_reset import can_reset


class InvitedAlreadyError(Exception):
    """There is an invitation for this address."""


def begin_registration(*, email: str, name: str, password: str, at: datetime) -> None:
    """Mail the address what comes next. Known or not, the same work is done and the same answer can be given."""
    registration = Registration(
        email=normal_email(email),
        name=name.strip(),
        password_hash=hash_password(password),
        created_at=at,
        expires_at=at + LASTS_FOR[Purpose.REGISTER],
    )
    db.session.add(registration)
    db.session.flush()
    known = db.session.scalar(select_user_by_email(email))
    if known is None:
        mail_confirmation_of_registration(registration, at)
    else:
        mail_that_account_exists(known, at, can_reset=can_reset(known))
        db.session.delete(registration)


def find_registration(token: str, at: datetime, *, is_locked: bool = False) -> Registration | None:
    """The registration that a link confirms; None once that was done, or in vain."""
    link = read_link(Purpose.REGISTER, token, at)
    registration = _registration(link.row_id) if link else None
    if registration is not None and is_locked:
        hold_address(registration.email)
        registration = _registration(registration.id)
    return registration if link is not None and registration is not None and link.fits(registration) else None


def confirm_registration(registration: Registration, at: datetime) -> User:
    """Make the account. Raises EmailTakenError if there is one by now."""
    user = _add(registration.email, registration.name, registration.password_hash, Role.VIEWER, at)
    forget_waiting(registration.email)
    return user


def invite(*, email: str, role: Role, by: User, at: datetime) -> tuple[Invitation, str]:
    """Add an invitation and mail its link, which is given back, too.

    Raises EmailTakenError or InvitedAlreadyError: administrators may know.
    """
    if db.session.scalar(select_user_by_email(email)) is not None:
        raise EmailTakenError("There is an account with this address already.")
    expires_at = at + LASTS_FOR[Purpose.ACCEPT_INVITATION]
    invitation = Invitation(
        email=normal_email(email), role=role, invited_by_id=by.id, created_at=at, expires_at=expires_at, version=1
    )
    try:
        with db.session.begin_nested():
            db.session.add(invitation)
    except IntegrityError as error:
        raise InvitedAlreadyError("There is an invitation for this address already.") from error
    return invitation, mail_invitation(invitation, by, at)


def invite_again(invitation: Invitation, by: User, at: datetime) -> str:
    """Send a new link, good for a week from now, and given back; the one before is void."""
    invitation.version += 1
    invitation.invited_by_id = by.id
    invitation.expires_at = at + LASTS_FOR[Purpose.ACCEPT_INVITATION]
    db.session.flush()
    return mail_invitation(invitation, by, at)


def find_invitation(token: str, at: datetime, *, is_locked: bool = False) -> Invitation | None:
    """The invitation that a link accepts; None once it was accepted, withdrawn or replaced, or who invited is out."""
    link = read_link(Purpose.ACCEPT_INVITATION, token, at)
    invitation = find_invitation_row(link.row_id) if link else None
    if invitation is not None and is_locked:
        hold_address(invitation.email)
        invitation = find_invitation_row(invitation.id)
    if link is None or invitation is None or not link.fits(invitation):
        return None
    is_taken = db.session.scalar(select_user_by_email(invitation.email)) is not None
    return None if is_taken or invitation.is_over(at) or not invitation.is_vouched_for else invitation


def accept_invitation(invitation: Invitation, *, name: str, password: str, at: datetime) -> User:
    """Make the account that was offered. Raises EmailTakenError if there is one by now."""
    user = _add(invitation.email, name, hash_password(password), invitation.role, at)
    forget_waiting(invitation.email)
    return user


def hold_address(email: str) -> None:
    """Have others wait who would make an account of an address, until the transaction ends.

    All of them lock in this order, and before anything else of the address, so that no two wait for each other.
    """
    for table in (Registration, Invitation):
        waiting = select(table.id).where(table.email == email).order_by(table.id)
        db.session.execute(waiting.with_for_update()).all()


def forget_waiting(email: str) -> None:
    """An address has one account, so that nothing else that waits for it can come to anything."""
    for table in (Registration, Invitation):
        db.session.execute(delete(table).where(table.email == email).execution_options(synchronize_session=False))


def _add(email: str, name: str, password_hash: str, role: Role, at: datetime) -> User:
    try:
        with db.session.begin_nested():
            user = add_account(email=email, name=name, password_hash=password_hash, role=role, at=at)
    except IntegrityError as error:
        raise EmailTakenError("There is an account with this address already.") from error
    return user


def _registration(registration_id: int) -> Registration | None:
    chosen = select(Registration).where(Registration.id == registration_id)
    return db.session.scalar(chosen.execution_options(populate_existing=True))
