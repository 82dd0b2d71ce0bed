"""Whether mails can be handed over. This talks to the mail server: nobody holds a transaction open around it."""

import os
import smtplib
import ssl
from datetime import timedelta
from pathlib import Path

from portal.config import MailSettings
from portal.doctor.findings import Finding, broken, counted, fine, look

MAIL = "Mail"
LATE_AFTER = timedelta(hours=1)
TIMEOUT_SECONDS = 3.0  # for each answer of the mail server


def check_mail(settings: MailSettings | None) -> Finding:
    if settings is None:
        return look(
            MAIL,
            "No mails are sent: notices are in the portal alone.",
            "Name a mail server, and the address that mails come from.",
            "SMTP_HOST=… MAIL_FROM=…",
        )
    if settings.folder is not None:
        return _folder(settings.folder)
    return _server(settings)


def check_late_mails(count: int) -> Finding:
    if not count:
        return fine("Mails that wait", "None waits for longer than an hour.")
    waiting = counted(count, "mail has", "mails have")
    return look("Mails that wait", f"{waiting} been waiting for more than an hour.", "See what the mail server says.")


def _folder(folder: Path) -> Finding:
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return fine(MAIL, f"Mails are written as files into {folder}.")
    return broken(
        MAIL, f"The folder {folder} can’t be written to.", "Let the portal’s user write there.", "MAIL_FOLDER=…"
    )


def _server(settings: MailSettings) -> Finding:
    place = f"{settings.host}:{settings.port}"
    try:
        with _connected(settings) as server:
            if settings.username:
                server.login(settings.username, settings.password)
            code, _words = server.noop()
    except smtplib.SMTPAuthenticationError:
        return broken(
            MAIL,
            f"The mail server at {place} refuses the sign-in.",
            "Set the name and the password that it knows.",
            "SMTP_USERNAME=… SMTP_PASSWORD=…",
        )
    except ssl.SSLError:
        return broken(
            MAIL,
            f"No encrypted connection to the mail server at {place} could be made.",
            "Most servers want starttls on port 587, or tls on port 465; their certificate has to name SMTP_HOST.",
            "SMTP_SECURITY=… SMTP_PORT=…",
        )
    except (smtplib.SMTPException, OSError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        return broken(
            MAIL,
            f"The mail server at {place} does not answer as it should: {reason}.",
            "Look whether it runs, and whether this machine reaches it. Mails wait until then.",
            "SMTP_HOST=… SMTP_PORT=… SMTP_SECURITY=…",
        )
    if code != 250:  # noqa: PLR2004 - SMTP's word for "done"
        return look(MAIL, f"The mail server at {place} answered {code} to a question that changes nothing.")
    return fine(MAIL, f"The mail server at {place} takes mails.")


def _connected(settings: MailSettings) -> smtplib.SMTP:
    host, own_name = str(settings.host), settings.sender.rpartition("@")[2]
    context = ssl.create_default_context()
    if settings.security == "tls":
        return smtplib.SMTP_SSL(host, settings.port, own_name, timeout=TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(host, settings.port, own_name, timeout=TIMEOUT_SECONDS)
    try:
        if settings.security == "starttls":
            server.starttls(context=context)
    except (smtplib.SMTPException, OSError):
        server.close()
        raise
    return server
