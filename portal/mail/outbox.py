"""The outbox of mails: filled from notices, emptied into the mail server.

Every mail is a row first. A mail server that is down or slow delays mails and nothing else: no transaction is open
while it is spoken to, and its work has a lease of its own.
"""

import time
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage

import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload

from portal.clock import utc_now
from portal.config import Settings, current_settings
from portal.extensions import db
from portal.mail.transport import TIMEOUT_SECONDS, MailError, MailTrouble, Transport, open_transport
from portal.models import Mail, Notice, User
from portal.models.mail import select_mails_due
from portal.models.notice import select_unmailed
from portal.notices.words import words_of
from portal.nudge import WorkName, nudge
from portal.upkeep.periodic import Run, Turn

COMPOSED_AT_ONCE = 200
SENT_AT_ONCE = 100
SENT_FOR_SECONDS = 60.0  # then the rest of a batch is left to the next minute, so that a slow server ties no thread up
SENDER_NAME = "Programme Portal"

# A mail that is being sent is out of the others' reach for so long, which is longer than the slowest server can take.
CLAIMED_FOR = timedelta(minutes=5)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)
LONGEST_RETRY_OF_REFUSED = timedelta(hours=24)

log = structlog.get_logger()


def queue_mail(*, key: str, address: str, subject: str, body: str, at: datetime, user_id: int | None = None) -> bool:
    """Put a mail into the outbox, in the caller's transaction; whether it is the first of its key.

    It goes out within the minute, or at once after nudge(WorkName.SEND_MAILS).
    """
    dialect = db.session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    values = {"user_id": user_id, "address": address, "subject": " ".join(subject.split()), "body": body}
    added = (
        insert(Mail)
        .values(key=key, **values, created_at=at, next_try_at=at, tries=0)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Mail.id)
    )
    return db.session.scalar(added) is not None


def compose_mails(at: datetime, turn: Turn) -> Run:
    """Make a mail of every notice whose reader wants that; a batch is one transaction, so none is made twice."""
    settings, composed = current_settings(), 0
    while True:
        turn()
        unmailed = select_unmailed(COMPOSED_AT_ONCE).options(joinedload(Notice.user, innerjoin=True))
        notices = db.session.scalars(unmailed.with_for_update(of=Notice)).all()
        for notice in notices:
            if _is_wanted_by_mail(notice.user, settings):
                composed += _compose(notice, settings.public_url, at)
            notice.mailed_at = at
        db.session.commit()
        if len(notices) < COMPOSED_AT_ONCE:
            break
    if composed:
        nudge(WorkName.SEND_MAILS)
    return Run(done=composed)


def send_mails(at: datetime, turn: Turn, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Run:
    """Hand over the mails that are due, a bounded batch. One that fails is tried again, ever later."""
    settings = current_settings().mail
    if settings is None:
        return Run(done=0)
    due = [mail.id for mail in db.session.scalars(select_mails_due(at, SENT_AT_ONCE))]
    db.session.commit()
    sent, started = 0, time.monotonic()
    with open_transport(settings, timeout_seconds) as transport:
        for mail_id in due:
            turn()
            mail = _claim(mail_id)
            if mail is None:
                continue
            error = _send(mail, settings.sender, transport)
            _keep(mail, error)
            sent += error is None
            is_away = error is not None and error.trouble is MailTrouble.AWAY
            if is_away or time.monotonic() - started > SENT_FOR_SECONDS:
                break
    return Run(done=sent)


def message_of(mail: Mail, sender: str) -> EmailMessage:
    """The mail as it travels. Sent again, it is the same to the letter, so that a double can be told for one."""
    message = EmailMessage()
    _, _, domain = sender.rpartition("@")
    message["Message-ID"] = f"<mail-{mail.id}.{mail.created_at:%Y%m%dT%H%M%S%f}@{domain}>"
    message["Date"] = mail.created_at
    message["From"] = Address(display_name=SENDER_NAME, addr_spec=sender)
    message["To"] = Address(addr_spec=mail.address)
    message["Subject"] = " ".join(mail.subject.split())
    message["Auto-Submitted"] = "auto-generated"  # so that no machine answers (RFC 3834)
    message.set_content(mail.body, cte="quoted-printable")
    return message


def _is_wanted_by_mail(user: User, settings: Settings) -> bool:
    is_somebody = user.is_enabled and (settings.is_demo or not user.is_demo)
    return settings.mail is not None and user.wants_mail and is_somebody


def _compose(notice: Notice, public_url: str, at: datetime) -> bool:
    words, reader = words_of(notice), notice.user
    parts = [f"Hello {reader.name},", f"{words.heading}.", *words.paragraphs]
    if words.lines:
        parts.append("\n".join(f"- {line}" for line in words.lines))
    if words.link:
        parts.append(f"{words.link.label}:\n{public_url}{words.link.path}")
    parts.append(
        f"-- \nYou get this from the {SENDER_NAME} because notices go to you by mail, too."
        f" You can stop that here:\n{public_url}/notices"
    )
    return queue_mail(
        key=notice.key,
        user_id=reader.id,
        address=reader.email,
        subject=words.heading,
        body="\n\n".join(parts) + "\n",
        at=at,
    )


def _claim(mail_id: int) -> Mail | None:
    """Take a mail for this worker alone, and commit that; None if another has it. Untold, it is due again by itself."""
    mail = db.session.get(Mail, mail_id, populate_existing=True, with_for_update=True)
    at = utc_now()
    if mail is None or mail.sent_at is not None or mail.next_try_at > at:
        db.session.rollback()
        return None
    mail.tries += 1
    mail.next_try_at = at + CLAIMED_FOR
    db.session.commit()
    return mail


def _send(mail: Mail, sender: str, transport: Transport) -> MailError | None:
    """What went wrong, if anything."""
    try:
        message = message_of(mail, sender)
    except (ValueError, MessageError) as error:  # an address that is none
        return MailError(MailTrouble.REFUSED, f"the mail can't be written: {error}")
    try:
        transport.send(message)
    except MailError as error:
        log.warning("mail.not_sent", mail=mail.id, trouble=error.trouble, reason=error.reason)
        return error
    log.info("mail.sent", mail=mail.id)
    return None


def _keep(mail: Mail, error: MailError | None) -> None:
    at = utc_now()
    mail.error = str(error) if error else None
    if error is None:
        mail.sent_at = at
    else:
        mail.next_try_at = at + _wait_after(mail.tries, error.trouble)
    db.session.commit()


def _wait_after(tries: int, trouble: MailTrouble) -> timedelta:
    longest = LONGEST_RETRY_OF_REFUSED if trouble is MailTrouble.REFUSED else LONGEST_RETRY
    doublings = min(tries - 1, 11)  # more than it takes to get to the longest
    return min(FIRST_RETRY * 2**doublings, longest)
