"""What the demo makes for itself, and what it takes from whoever starts it."""

from pathlib import Path

import pytest

from demo.environment import demo_environment
from portal.config import MailSettings, Settings


@pytest.mark.parametrize(
    ("given", "folder", "host", "sender"),
    [
        ({}, "mail", None, "portal@example.com"),
        ({"MAIL_FOLDER": "", "SMTP_HOST": ""}, "mail", None, "portal@example.com"),
        ({"MAIL_FROM": "us@example.com"}, "mail", None, "us@example.com"),
        ({"MAIL_FOLDER": "/tmp/elsewhere"}, "elsewhere", None, "portal@example.com"),  # noqa: S108 - never written
        ({"SMTP_HOST": "smtp.example.com"}, None, "smtp.example.com", "portal@example.com"),
    ],
)
def test_mails_become_files_unless_the_environment_names_another_way(
    tmp_path: Path, given: dict[str, str], folder: str | None, host: str | None, sender: str
) -> None:
    mail = Settings.from_environ(demo_environment({"INSTANCE": str(tmp_path), **given})).mail

    assert isinstance(mail, MailSettings)
    assert (mail.folder.name if mail.folder else None, mail.host, mail.sender) == (folder, host, sender)


def test_a_second_start_keeps_the_secrets(tmp_path: Path) -> None:
    first = demo_environment({"INSTANCE": str(tmp_path)})

    assert demo_environment({"INSTANCE": str(tmp_path)}) == first
