"""What the tests of people share: a portal that is open and mails into a folder, and somebody who reads their mail."""

import email
import email.policy
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from portal.config import MailSettings, Settings
from portal.extensions import db
from portal.mail.outbox import send_mails
from portal.models import User
from tests.clock import StoppedClock
from tests.conftest import Cast
from tests.pages import Reader
from tests.turns import at_once

LINK = re.compile(r"^http://portal\.test(/auth/\S+)$", re.MULTILINE)


@pytest.fixture
def settings(settings: Settings, mail_folder: Path) -> Settings:
    return replace(settings, registration="open", mail=MailSettings(sender="portal@example.com", folder=mail_folder))


@pytest.fixture(scope="session")
def mail_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests, as equal settings share an application; each test empties it."""
    return tmp_path_factory.mktemp("mail")


class Postman:
    """Delivers what is in the outbox, and reads it as its receivers would."""

    def __init__(self, app: Flask, clock: StoppedClock, folder: Path) -> None:
        self._app, self._clock, self._folder = app, clock, folder

    def mails(self) -> list[tuple[str, str, str]]:
        """Address, subject and text of all mails that were sent so far, the oldest first."""
        with self._app.app_context():
            send_mails(self._clock(), at_once)
            db.session.remove()
        read = []
        for file in sorted(self._folder.glob("*.eml"), key=lambda each: int(each.name.split("-")[1].split(".")[0])):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            read.append((str(message["To"]), str(message["Subject"]), str(message.get_content()).replace("\r\n", "\n")))
        return read

    def subjects_to(self, address: str) -> list[str]:
        return [subject for to, subject, _ in self.mails() if to == address]

    def link_to(self, address: str) -> str:
        """The path of the link in the last mail to somebody that has one."""
        found = [link for to, _, text in self.mails() if to == address for link in LINK.findall(text)]
        assert found, f"no mail to {address} holds a link"
        return urlsplit(found[-1]).path


@pytest.fixture
def postman(app: Flask, clock: StoppedClock, mail_folder: Path) -> Postman:
    for file in mail_folder.iterdir():
        file.unlink()
    return Postman(app, clock, mail_folder)


@pytest.fixture
def stranger(app: Flask) -> Reader:
    """Somebody who is not signed in, with a page of ours open."""
    reader = Reader(app)
    reader.get("/auth/sign-in")
    return reader


def row_of(app: Flask, user: User) -> User | None:
    """The account as the database has it now."""
    with app.app_context():
        return db.session.scalar(select(User).where(User.id == user.id))


def account_with(app: Flask, address: str) -> User | None:
    with app.app_context():
        return db.session.scalar(select(User).where(User.email == address))


def change(app: Flask, user: User, **values: object) -> None:
    with app.app_context():
        row = db.session.get_one(User, user.id)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()


def can_sign_in(app: Flask, address: str, password: str) -> bool:
    reader = Reader(app)
    reader.get("/auth/sign-in")
    page = reader.post("/auth/sign-in", email=address, password=password)
    assert page.status in {302, 422}, page.text
    return page.status == 302


def deactivate_by_page(app: Flask, cast: Cast, user: User) -> None:
    """As an administrator does it."""
    admin = Reader(app, cast.admin)
    admin.get("/account")
    assert admin.post(f"/admin/people/{user.id}/deactivation").status == 303


def activate_by_page(app: Flask, cast: Cast, user: User) -> None:
    admin = Reader(app, cast.admin)
    admin.get("/account")
    assert admin.post(f"/admin/people/{user.id}/activation").status == 303
