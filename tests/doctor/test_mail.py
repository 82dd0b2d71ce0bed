"""Whether mails can be handed over: to a folder, or to a mail server that is really asked."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from portal.config import MailSettings
from portal.doctor import mail_checks
from portal.doctor.findings import Level
from portal.doctor.mail_checks import check_mail

PASSWORD = "correct horse battery staple"


def test_without_mail_settings_it_says_that_nothing_is_mailed() -> None:
    finding = check_mail(None)

    assert (finding.level, finding.command) == (Level.LOOK, "SMTP_HOST=… MAIL_FROM=…")


def test_a_folder_is_fine_though_it_is_not_there_yet(tmp_path: Path) -> None:
    finding = check_mail(MailSettings(sender="portal@example.com", folder=tmp_path / "mail" / "out"))

    assert (finding.level, str(tmp_path) in finding.found) == (Level.FINE, True)


def test_a_file_where_the_folder_should_be_is_broken(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("")

    finding = check_mail(MailSettings(sender="portal@example.com", folder=tmp_path / "mail"))

    assert (finding.level, finding.command) == (Level.BROKEN, "MAIL_FOLDER=…")


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({}, Level.FINE, "takes mails"),
        ({"username": "portal", "password": PASSWORD}, Level.FINE, "takes mails"),
        ({"username": "portal", "password": "wrong"}, Level.BROKEN, "refuses the sign-in"),
        ({"security": "starttls"}, Level.BROKEN, "does not answer as it should"),
        ({"security": "tls"}, Level.BROKEN, "No encrypted connection"),
    ],
)
def test_a_mail_server_is_greeted_and_signed_in_to(
    server: Controller, changes: dict[str, Any], level: Level, words: str
) -> None:
    finding = check_mail(settings_for(server.port, **changes))

    assert (finding.level, words in finding.found) == (level, True), finding.found
    assert PASSWORD not in str(finding)


def test_a_mail_server_that_is_not_there_is_broken() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as nobody:
        port = nobody.getsockname()[1]

    finding = check_mail(settings_for(port))

    assert (finding.level, "Connection refused" in finding.found) == (Level.BROKEN, True)


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_mail_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, security: str) -> None:
    monkeypatch.setattr(mail_checks, "TIMEOUT_SECONDS", 0.2)
    started = time.monotonic()
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        finding = check_mail(settings_for(silent.getsockname()[1], security=security))

    assert finding.level is Level.BROKEN
    assert time.monotonic() - started < 3


def settings_for(port: int, **changes: Any) -> MailSettings:
    return MailSettings(
        **{"sender": "portal@example.com", "host": "127.0.0.1", "port": port, "security": "none", **changes}
    )


@pytest.fixture
def server() -> Iterator[Controller]:
    def knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, auth_data: Any) -> AuthResult:
        return AuthResult(success=auth_data.password == PASSWORD.encode(), handled=False)

    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    controller = Controller(
        object(), hostname="127.0.0.1", port=port, authenticator=knows, auth_require_tls=False, auth_required=False
    )
    controller.start()
    yield controller
    controller.stop()
