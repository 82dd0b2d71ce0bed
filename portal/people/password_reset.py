"""A new password for whoever has forgotten theirs, by a signed link that serves once."""

from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.models import User
from portal.models.user import select_user_by_email
from portal.people.account_links import Purpose, make_link, read_link
from portal.people.account_mails import feign_mail, mail_reset_link, mail_that_password_changed
from portal.people.accounts import is_demo_outside_demo, set_password
from portal.people.standing import end_everything


def can_reset(user: User) -> bool:
    """Whether a new password would be of use: not to who was put out, or signs in at the identity provider."""
    return user.is_enabled and bool(user.password_hash) and not is_demo_outside_demo(user)


def ask_for_reset(email: str, at: datetime) -> None:
    """Mail a link, if there is an account to send it to; if not, take as long."""
    user = db.session.scalar(select_user_by_email(email))
    if user is not None and can_reset(user):
        mail_reset_link(user, at)
    else:
        feign_mail(at)


def reset_link(user: User, at: datetime) -> str:
    """The link itself, for an administrator who hands it on where nothing is mailed."""
    return make_link(Purpose.RESET_PASSWORD, user, at=at)


def find_account_to_reset(token: str, at: datetime, *, is_locked: bool = False) -> User | None:
    """The account whose password a link lets one choose; None once it was used, or the account deactivated."""
    link = read_link(Purpose.RESET_PASSWORD, token, at)
    if link is None:
        return None
    user = find_user(link.row_id, is_locked=is_locked)
    return user if user is not None and link.fits(user) and can_reset(user) else None


def reset_password(user: User, password: str, at: datetime) -> None:
    """Set the password, and put everybody out who came in with the old one."""
    set_password(user, password)
    end_everything(user, at=at)
    mail_that_password_changed(user, at)


def find_user(user_id: int, *, is_locked: bool) -> User | None:
    """The account as it is now, and as it stays until the transaction ends, where it is to be changed."""
    chosen = select(User).where(User.id == user_id)
    if is_locked:
        chosen = chosen.with_for_update()
    return db.session.scalar(chosen.execution_options(populate_existing=True))
