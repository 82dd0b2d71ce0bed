"""Handing mails over: to a real mail server that takes, refuses, stalls and comes back, and into a folder."""

import email
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask

from portal.config import MailSettings
from portal.extensions import db
from portal.mail.outbox import queue_mail, send_mails
from portal.mail.transport import MailError, MailTrouble, open_transport
from portal.models import Mail
from portal.models.mail import newest_mails
from tests.clock import NOON, StoppedClock
from tests.turns import at_once

SENDER = "portal@example.com"
IMPATIENT_SECONDS = 0.3


def test_a_mail_server_gets_the_mail_as_it_is(server: "MailServer") -> None:
    with open_transport(server.settings) as transport:
        transport.send(message(subject="“Ruhe” ist fertig"))
        transport.send(message(number=2))

    assert server.connections == 1
    first, second = server.mails
    assert (first.mail_from, first.rcpt_tos) == (SENDER, ["olive@example.com"])
    kept = email.message_from_bytes(bytes_of(first), policy=policy.default)
    assert (kept["Subject"], kept["Message-ID"]) == ("“Ruhe” ist fertig", "<mail-1@example.com>")
    assert kept.get_content().splitlines() == [".", "..grün"]
    assert b"mail-2" in bytes_of(second)


@pytest.mark.parametrize(
    ("security", "credentials"), [("starttls", {"username": "portal", "password": "let-me-in"}), ("tls", {})]
)
def test_a_mail_server_is_spoken_to_in_private_and_told_who_we_are(
    start: "StartServer", security: str, credentials: dict[str, str]
) -> None:
    server = start(security=security, **credentials)

    with open_transport(server.settings) as transport:
        transport.send(message())

    assert len(server.mails) == 1
    assert server.were_private == [True]


def test_a_wrong_password_is_the_servers_trouble_and_is_kept_nowhere(start: "StartServer") -> None:
    server = start(security="starttls", username="portal", password="let-me-in")
    settings = replace(server.settings, password="a-secret-of-ours")

    error = failure(settings)

    assert error.trouble is MailTrouble.AWAY
    assert error.reason.startswith("535 ")
    assert "a-secret-of-ours" not in str(error)
    assert "a-secret-of-ours" not in repr(settings)


def test_a_server_that_can_t_keep_it_private_gets_no_mail(server: "MailServer") -> None:
    error = failure(replace(server.settings, security="starttls"))

    assert (error.trouble, error.reason) == (MailTrouble.AWAY, "STARTTLS extension not supported by server.")
    assert server.mails == []


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(
    start: "StartServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(security="tls")
    monkeypatch.delenv("SSL_CERT_FILE")

    assert failure(server.settings).trouble is MailTrouble.AWAY
    assert server.mails == []


@pytest.mark.parametrize(
    ("step", "answer", "trouble"),
    [
        ("RCPT", "550 5.1.1 No such user", MailTrouble.REFUSED),
        ("RCPT", "450 4.2.1 Try later", MailTrouble.DELAYED),
        ("RCPT", "421 4.3.2 Shutting down", MailTrouble.AWAY),
        ("MAIL", "553 5.7.1 Not from you", MailTrouble.AWAY),
        ("MAIL", "451 4.7.1 Too many", MailTrouble.AWAY),
        ("DATA", "554 5.7.1 Looks like spam", MailTrouble.REFUSED),
        ("DATA", "452 4.3.1 Disk full", MailTrouble.DELAYED),
        ("EHLO", "554 5.7.1 Go away", MailTrouble.AWAY),
    ],
)
def test_what_a_server_answers_is_kept_with_what_it_means(
    server: "MailServer", step: str, answer: str, trouble: MailTrouble
) -> None:
    server.answers[step] = answer

    error = failure(server.settings)

    assert (error.trouble, error.reason) == (trouble, answer)


def test_after_a_refusal_the_same_connection_serves_the_others(server: "MailServer") -> None:
    server.answers["RCPT"] = "550 No such user"
    with open_transport(server.settings) as transport:
        with pytest.raises(MailError):
            transport.send(message())
        server.answers.clear()
        transport.send(message(number=2))

    assert (len(server.mails), server.connections) == (1, 1)


def test_an_address_that_the_server_can_t_spell_is_refused_alone(server: "MailServer") -> None:
    letter = message()
    del letter["To"]
    letter["To"] = "grün@example.com"

    with open_transport(server.settings) as transport, pytest.raises(MailError) as raised:
        transport.send(letter)

    assert raised.value.trouble is MailTrouble.REFUSED


def test_where_nobody_listens_the_server_is_away() -> None:
    error = failure(MailSettings(sender=SENDER, host="127.0.0.1", port=free_port(), security="none"))

    assert (error.trouble, error.reason) == (MailTrouble.AWAY, "Connection refused")


@pytest.mark.parametrize("greeting", [b"", b"220 here\r\n"])
def test_a_server_that_stalls_is_not_waited_for(greeting: bytes) -> None:
    with stalling_server(greeting) as port:
        error = failure(MailSettings(sender=SENDER, host="127.0.0.1", port=port, security="none"))

    assert error.trouble is MailTrouble.AWAY
    assert "timed out" in error.reason


def test_mails_wait_for_a_server_that_is_down_and_go_out_when_it_is_back(
    app: Flask, start: "StartServer", clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(is_up=False)
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail=server.settings))
    with app.app_context():
        for number in range(3):
            queue_mail(key=f"mail:{number}", address=f"{number}@example.com", subject="Hello", body="Hello.\n", at=NOON)
        db.session.commit()

        assert send_mails(clock.at, at_once).done == 0
        assert sorted(mail.tries for mail in all_mails()) == [0, 0, 1]
        server.start()
        assert send_mails(clock.advance(minutes=1), at_once).done == 3
        assert send_mails(clock.advance(hours=1), at_once).done == 0

        assert {mail.sent_at for mail in all_mails()} == {NOON + timedelta(minutes=1)}
    assert sorted(mail.rcpt_tos for mail in server.mails) == [[f"{number}@example.com"] for number in range(3)]


def test_a_folder_gets_a_file_for_each_mail_that_only_we_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "instance" / "mail"

    with open_transport(MailSettings(sender=SENDER, folder=folder)) as transport:
        transport.send(message())
        transport.send(message(number=2))
        transport.send(message())

    assert sorted(file.name for file in folder.iterdir()) == ["mail-1.eml", "mail-2.eml"]
    assert (folder / "mail-1.eml").stat().st_mode & 0o777 == 0o600
    kept = email.message_from_bytes((folder / "mail-1.eml").read_bytes(), policy=policy.default)
    assert (kept["To"], kept["Subject"]) == ("olive@example.com", "Hello")


def test_a_folder_that_can_t_be_written_to_is_a_server_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file stands here")

    error = failure(MailSettings(sender=SENDER, folder=tmp_path / "mail"))

    assert (error.trouble, error.reason) == (MailTrouble.AWAY, "the folder can't be written to: File exists")


def test_a_file_that_was_half_written_is_no_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_is_full(_descriptor: int, *_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", disk_is_full)

    assert failure(MailSettings(sender=SENDER, folder=tmp_path)).trouble is MailTrouble.AWAY
    assert list(tmp_path.glob("*.eml")) == []


def message(*, number: int = 1, subject: str = "Hello") -> EmailMessage:
    letter = EmailMessage()
    letter["Message-ID"] = f"<mail-{number}@example.com>"
    letter["From"], letter["To"], letter["Subject"] = SENDER, "olive@example.com", subject
    letter.set_content(".\n..grün\n", cte="quoted-printable")
    return letter


def bytes_of(envelope: Envelope) -> bytes:
    assert isinstance(envelope.content, bytes)
    return envelope.content


def failure(settings: MailSettings) -> MailError:
    with open_transport(settings, IMPATIENT_SECONDS) as transport, pytest.raises(MailError) as raised:
        transport.send(message())
    return raised.value


def all_mails() -> list[Mail]:
    return list(newest_mails(limit=100).items)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class stalling_server:  # noqa: N801 - reads as the function that it stands for
    """Greets, perhaps, and then says nothing more."""

    def __init__(self, greeting: bytes) -> None:
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._guests: list[socket.socket] = []
        self._thread = threading.Thread(target=self._welcome)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        for guest in (*self._guests, self._listener):
            guest.close()

    def _welcome(self) -> None:
        guest, _ = self._listener.accept()
        self._guests.append(guest)
        guest.sendall(self._greeting)


class MailServer:
    """A real one on this machine; `answers` makes it answer a step as told."""

    def __init__(self, *, security: str, username: str, password: str, certificate: Path | None) -> None:
        self.settings = MailSettings(
            sender=SENDER,
            host="localhost" if certificate else "127.0.0.1",
            port=free_port(),
            security=security,
            username=username,
            password=password,
        )
        self.mails: list[Envelope] = []
        self.were_private: list[bool] = []
        self.answers: dict[str, str] = {}
        self.connections = 0
        self._certificate = certificate
        self._controller: Controller | None = None

    def start(self) -> None:
        options: dict[str, Any] = {}
        if self._certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
            if self.settings.security == "tls":
                options["ssl_context"] = context
            else:
                options |= {"tls_context": context, "require_starttls": True}
        if self.settings.username:
            options |= {"authenticator": self._knows, "auth_required": True}
        place: dict[str, Any] = {"hostname": "127.0.0.1", "port": self.settings.port}
        self._controller = Controller(self, **place, enable_SMTPUTF8=False, **options)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()

    def _knows(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        wanted = (self.settings.username.encode(), self.settings.password.encode())
        given = (data.login, data.password) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == wanted, handled=False)

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, hostname: str, answers: Any) -> Any:  # noqa: N802
        self.connections += not session.host_name
        session.host_name = hostname
        return [self.answers["EHLO"]] if "EHLO" in self.answers else answers

    async def handle_HELO(self, *_: Any) -> str:  # noqa: N802
        return self.answers.get("EHLO", "250 here")

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.mails.append(envelope)
        self.were_private.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"


StartServer = Callable[..., MailServer]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartServer]:
    """Start a mail server; one that is spoken to in private has a certificate that this machine trusts."""
    started: list[MailServer] = []

    def start_one(*, security: str = "none", username: str = "", password: str = "", is_up: bool = True) -> MailServer:
        certificate = None if security == "none" else make_certificate(tmp_path / "localhost.pem")
        if certificate:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        server = MailServer(security=security, username=username, password=password, certificate=certificate)
        started.append(server)
        if is_up:
            server.start()
        return server

    yield start_one
    for server in started:
        server.stop()


@pytest.fixture
def server(start: StartServer) -> MailServer:
    return start()


def make_certificate(file: Path) -> Path:
    """A key and a certificate that it has signed itself, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=3650))
        .not_valid_after(NOON + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file
