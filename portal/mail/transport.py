"""Handing a mail over: to a mail server, or into a folder as a file. Knows no tables."""

import enum
import os
import smtplib
import ssl
from contextlib import AbstractContextManager
from email.message import EmailMessage
from email.policy import SMTP
from http import HTTPStatus
from pathlib import Path
from typing import Protocol, Self

from portal.config import MailSettings

TIMEOUT_SECONDS = 10.0  # for each answer of the mail server
PERMANENT = HTTPStatus.INTERNAL_SERVER_ERROR.value  # in SMTP, too, 500 and above is for good (RFC 5321, 4.2.1)
GOING_AWAY = 421  # "service not available, closing transmission channel"
REASON_MAX_CHARACTERS = 500


class MailTrouble(enum.StrEnum):
    """What a failure means for this mail and for the others."""

    AWAY = "away"  # the mail server can't be used at all: the others wait, too
    DELAYED = "delayed"  # not this one, not now
    REFUSED = "refused"  # not this one, for good as far as the mail server can tell


class MailError(Exception):
    """A mail was not handed over. The message holds the server's words, and no secrets of ours."""

    def __init__(self, trouble: MailTrouble, reason: str) -> None:
        self.trouble = trouble
        self.reason = " ".join(reason.split())[:REASON_MAX_CHARACTERS]
        super().__init__(f"{trouble}: {self.reason}")


class Transport(AbstractContextManager["Transport"], Protocol):
    """Takes mails one by one; raises MailError for one that it could not hand over."""

    def send(self, message: EmailMessage) -> None: ...


def open_transport(settings: MailSettings, timeout_seconds: float = TIMEOUT_SECONDS) -> Transport:
    """The way that mails take here. Nothing is connected before the first of them."""
    if settings.folder is not None:
        return FolderTransport(settings.folder)
    return SmtpTransport(settings, timeout_seconds)


class FolderTransport(Transport):
    """Each mail a file, named after its Message-ID: the same mail written again is the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __exit__(self, *_: object) -> None:
        """Nothing is held open."""

    def send(self, message: EmailMessage) -> None:
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        unfinished = self._folder / f"{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # mails may hold links
            with os.fdopen(descriptor, "wb") as file:
                file.write(message.as_bytes(policy=SMTP))
            unfinished.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise MailError(MailTrouble.AWAY, f"the folder can't be written to: {error.strerror}") from error


class SmtpTransport(Transport):
    """One connection for all mails of a batch, made with the first."""

    def __init__(self, settings: MailSettings, timeout_seconds: float) -> None:
        self._settings = settings
        self._timeout_seconds = timeout_seconds
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            try:
                self._server.quit()
            except (smtplib.SMTPException, OSError):
                self._server.close()
            self._server = None

    def send(self, message: EmailMessage) -> None:
        server = self._server = self._server or self._connect()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, words),) = error.recipients.values()
            raise _error_of(code, words) from error
        except smtplib.SMTPDataError as error:
            raise _error_of(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise MailError(MailTrouble.REFUSED, "the mail server takes no address with such letters") from error
        except smtplib.SMTPResponseException as error:
            raise MailError(MailTrouble.AWAY, _words(error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(MailTrouble.AWAY, _reason(error)) from error

    def _connect(self) -> smtplib.SMTP:
        settings, host = self._settings, str(self._settings.host)
        own_name = settings.sender.rpartition("@")[2]  # else the machine's name would be asked for, which may take long
        server: smtplib.SMTP | None = None
        try:
            if settings.security == "tls":
                server = smtplib.SMTP_SSL(
                    host, settings.port, own_name, timeout=self._timeout_seconds, context=ssl.create_default_context()
                )
            else:
                server = smtplib.SMTP(host, settings.port, own_name, timeout=self._timeout_seconds)
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.username:
                server.login(settings.username, settings.password)
        except (smtplib.SMTPException, OSError) as error:
            if server is not None:
                server.close()
            raise MailError(MailTrouble.AWAY, _reason(error)) from error
        return server


def _error_of(code: int, words: bytes | str) -> MailError:
    """Why one mail was not taken; the connection serves the others, unless the server is closing it."""
    trouble = MailTrouble.REFUSED if code >= PERMANENT else MailTrouble.DELAYED
    return MailError(MailTrouble.AWAY if code == GOING_AWAY else trouble, _words(code, words))


def _reason(error: smtplib.SMTPException | OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _words(code: int, words: bytes | str) -> str:
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
