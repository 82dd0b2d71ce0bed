"""Another e-mail address for an account, once a mail has shown that it is theirs."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.models import User
from portal.models.user import normal_email, select_user_by_email
from portal.people.account_links import AccountLink, Purpose, read_link
from portal.people.account_mails import (
    mail_confirmation_of_address,
    mail_that_address_changed,
    mail_that_address_is_in_use,
)
from portal.people.accounts import EmailTakenError
from portal.people.password_reset import find_user
from portal.people.registration import forget_waiting, hold_address


def ask_for_email_change(user: User, email: str, at: datetime) -> None:
    """Mail the new address what comes next. Taken or not, the same work is done and the same answer can be given."""
    known = db.session.scalar(select_user_by_email(email))
    if known is None:
        mail_confirmation_of_address(user, normal_email(email), at)
    else:
        mail_that_address_is_in_use(known, at)


def find_email_change(token: str, at: datetime, *, is_locked: bool = False) -> tuple[User, AccountLink] | None:
    """The account and the link with its new address; None once it was used, or the account deactivated."""
    link = read_link(Purpose.CHANGE_EMAIL, token, at)
    user = find_user(link.row_id, is_locked=is_locked) if link else None
    if link is None or user is None or not user.is_enabled or not link.fits(user):
        return None
    return user, link


def change_email(user: User, email: str, at: datetime) -> None:
    """Set the new address and tell the old one. Raises EmailTakenError if another account has it by now."""
    old_email = user.email
    hold_address(normal_email(email))
    try:
        with db.session.begin_nested():
            user.email = normal_email(email)
    except IntegrityError as error:
        raise EmailTakenError("There is an account with this address already.") from error
    forget_waiting(user.email)
    mail_that_address_changed(user, old_email, at)
