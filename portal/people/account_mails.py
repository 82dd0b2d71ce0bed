"""What is mailed about accounts, in plain words. Each goes into the outbox, in the caller's transaction."""

import secrets
from datetime import datetime

from sqlalchemy import delete

from portal.config import current_settings
from portal.extensions import db
from portal.mail.outbox import SENDER_NAME, queue_mail
from portal.models import Invitation, Mail, Registration, Role, User
from portal.people.account_links import Purpose, make_link

KEY_PREFIX = "account"
NOT_YOU = "If it was not you, do nothing: without the link nothing happens."
WHAT_ROLES_DO = {
    Role.ADMIN: "an administrator",
    Role.COACH: "a coach, who makes programmes",
    Role.VIEWER: "a viewer, who watches programmes",
}


def mail_reset_link(user: User, at: datetime) -> None:
    link = make_link(Purpose.RESET_PASSWORD, user, at=at)
    _queue(
        user.email,
        "Choose a new password",
        f"Hello {user.name},",
        "somebody, probably you, has asked for a new password for your account.",
        f"Choose it here, within an hour:\n{link}",
        f"{NOT_YOU} Your password stays as it is.",
        at=at,
        user=user,
    )


def mail_confirmation_of_registration(registration: Registration, at: datetime) -> None:
    """Without the name that was typed: others could have words of theirs sent to strangers by it."""
    link = make_link(Purpose.REGISTER, registration, at=at)
    _queue(
        registration.email,
        "Confirm your address",
        "Hello,",
        f"somebody, probably you, wants to register at the {SENDER_NAME} with this address.",
        f"Confirm that it is yours here, within two days:\n{link}",
        NOT_YOU,
        at=at,
    )


def mail_that_account_exists(user: User, at: datetime, *, can_reset: bool) -> None:
    """To somebody who registers again, or whose address somebody else tried."""
    if can_reset:
        advice = "If you have forgotten your password, choose a new one here, within an hour:\n"
        advice += make_link(Purpose.RESET_PASSWORD, user, at=at)
    else:
        advice = "It can’t be used at the moment. An administrator knows why."
    _queue(
        user.email,
        "You have an account already",
        f"Hello {user.name},",
        f"somebody, probably you, has tried to register at the {SENDER_NAME} with this address."
        " There is an account with it already, so nothing was changed.",
        advice,
        "If it was not you, do nothing.",
        at=at,
        user=user,
    )


def mail_confirmation_of_address(user: User, email: str, at: datetime) -> None:
    link = make_link(Purpose.CHANGE_EMAIL, user, at=at, email=email)
    _queue(
        email,
        "Confirm your new address",
        "Hello,",
        f"somebody, probably you, wants to use this address for an account at the {SENDER_NAME}.",
        f"Confirm that it is yours here, within a day:\n{link}",
        NOT_YOU,
        at=at,
    )


def mail_that_address_is_in_use(user: User, at: datetime) -> None:
    """To somebody whose address another account wants to take."""
    _queue(
        user.email,
        "You have an account already",
        f"Hello {user.name},",
        f"somebody has tried to use this address for another account at the {SENDER_NAME}."
        " It belongs to your account, so nothing was changed.",
        "If that was you: only one account can have an address. Change the address of this one first.",
        at=at,
        user=user,
    )


def mail_that_address_changed(user: User, old_email: str, at: datetime) -> None:
    _queue(
        old_email,
        "Your address was changed",
        f"Hello {user.name},",
        f"from now on you sign in to the {SENDER_NAME} with another e-mail address, and mails go there.",
        "If it was not you, tell an administrator at once.",
        at=at,
    )


def mail_that_password_changed(user: User, at: datetime) -> None:
    _queue(
        user.email,
        "Your password was changed",
        f"Hello {user.name},",
        "your password was changed. You are signed out everywhere.",
        f"If it was not you, choose a new one at once, and tell an administrator:"
        f"\n{current_settings().public_url}/auth/forgotten-password",
        at=at,
        user=user,
    )


def mail_invitation(invitation: Invitation, by: User, at: datetime) -> str:
    """The link that was sent, for an administrator who has to hand it on where nothing is mailed."""
    link = make_link(Purpose.ACCEPT_INVITATION, invitation, at=at)
    _queue(
        invitation.email,
        f"You are invited to the {SENDER_NAME}",
        "Hello,",
        f"{by.name} invites you to the {SENDER_NAME} as {WHAT_ROLES_DO[invitation.role]}.",
        f"Choose a name and a password here, within a week:\n{link}",
        "If you don’t want an account, do nothing.",
        at=at,
    )
    return link


def mail_that_account_is_deleted(email: str, name: str, at: datetime) -> None:
    _queue(
        email,
        "Your account is deleted",
        f"Hello {name},",
        f"your account at the {SENDER_NAME} is deleted, as you asked. Nobody can sign in with it any more.",
        at=at,
    )


def feign_mail(at: datetime) -> None:
    """Do the work of queueing a mail and leave nothing: how long an answer takes tells nobody who has an account."""
    if current_settings().mail is None:
        return
    key = _new_key()
    queue_mail(key=key, address="nobody", subject="Nothing", body="Nothing", at=at)
    db.session.execute(delete(Mail).where(Mail.key == key).execution_options(synchronize_session=False))


def _queue(address: str, subject: str, *paragraphs: str, at: datetime, user: User | None = None) -> None:
    """Nothing is queued where nothing is mailed: years later such a mail would be of no use."""
    settings = current_settings()
    if settings.mail is None:
        return
    closing = f"-- \nThis comes from the {SENDER_NAME}:\n{settings.public_url}"
    body = "\n\n".join([*paragraphs, closing]) + "\n"
    queue_mail(key=_new_key(), user_id=user.id if user else None, address=address, subject=subject, body=body, at=at)


def _new_key() -> str:
    return f"{KEY_PREFIX}:{secrets.token_hex(16)}"
