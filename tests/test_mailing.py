"""The outbox: a mail for every notice that is wanted by mail, once, and sent until it has arrived."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import MailSettings
from portal.extensions import db
from portal.mail import outbox as mailing
from portal.mail.outbox import compose_mails, message_of, queue_mail, send_mails
from portal.mail.transport import MailError, MailTrouble
from portal.models import Mail, Notice, NoticeKind, User
from portal.nudge import WorkName
from portal.tasks import WORK
from portal.upkeep.periodic import do_work
from tests.clock import NOON, StoppedClock
from tests.conftest import Cast
from tests.factories import make_notice
from tests.turns import at_once

SENDER = "portal@example.com"
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def test_a_notice_becomes_one_mail_to_its_reader(outbox: "Outbox", cast: Cast, nudged: list[WorkName]) -> None:
    key = outbox.notice(cast.owner, title="Morning calm")

    assert outbox.composes() == 1

    (mail,) = outbox.mails()
    assert (mail.key, mail.user_id, mail.address) == (key, cast.owner.id, "olive-owner@example.com")
    assert mail.subject == "“Morning calm” is ready"
    assert (mail.created_at, mail.next_try_at, mail.sent_at, mail.tries) == (NOON, NOON, None, 0)
    assert nudged == [WorkName.SEND_MAILS]
    (notice,) = outbox.notices()
    assert (notice.mailed_at, notice.read_at) == (NOON, None)


def test_composing_twice_makes_no_second_mail_and_has_nothing_to_send(
    outbox: "Outbox", cast: Cast, nudged: list[WorkName]
) -> None:
    outbox.notice(cast.owner)
    outbox.composes()

    assert outbox.composes() == 0

    assert len(outbox.mails()) == 1
    assert nudged == [WorkName.SEND_MAILS]


def test_two_workers_who_compose_at_once_make_one_mail_of_each(app: Flask, outbox: "Outbox", cast: Cast) -> None:
    for _ in range(20):
        outbox.notice(cast.owner)
    start, done = threading.Barrier(2), []

    def compose() -> None:
        with app.app_context():
            start.wait()
            done.append(compose_mails(NOON, at_once).done)
            db.session.remove()

    workers = [threading.Thread(target=compose) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(done) == 20
    assert len(outbox.mails()) == 20


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_is_killed_around_its_commit_leaves_neither_half_nor_double(
    outbox: "Outbox", cast: Cast, moment: str
) -> None:
    outbox.notice(cast.owner)
    outbox.notice(cast.other_coach)

    with killed_at_commit(1, moment), pytest.raises(Killed):
        outbox.composes()
    outbox.composes()

    assert sorted(mail.address for mail in outbox.mails()) == ["olive-owner@example.com", "oscar-other@example.com"]
    assert all(notice.mailed_at for notice in outbox.notices())


def test_more_notices_than_a_batch_holds_are_all_composed(
    outbox: "Outbox", cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "COMPOSED_AT_ONCE", 3)
    for _ in range(7):
        outbox.notice(cast.owner)

    assert outbox.composes() == 7


@pytest.mark.parametrize("change", [{"wants_mail": False}, {"is_enabled": False}, {"is_demo": True}])
def test_who_does_not_want_or_may_not_get_mail_has_the_notice_alone_and_for_good(
    outbox: "Outbox", cast: Cast, change: dict[str, bool]
) -> None:
    outbox.notice(cast.owner)
    outbox.change(cast.owner, **change)

    assert outbox.composes() == 0
    outbox.change(cast.owner, **{name: not value for name, value in change.items()})
    assert outbox.composes() == 0

    assert outbox.mails() == []
    assert [notice.mailed_at for notice in outbox.notices()] == [NOON]


def test_the_demos_people_get_mail_in_the_demo(
    app: Flask, outbox: "Outbox", cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], is_demo=True))
    outbox.notice(cast.owner)
    outbox.change(cast.owner, is_demo=True)

    assert outbox.composes() == 1


def test_where_mail_is_not_set_up_nothing_is_mailed_then_or_later(
    app: Flask, outbox: "Outbox", cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail=None))
        outbox.notice(cast.owner)
        assert outbox.composes() == 0
        assert outbox.sends() == 0

    assert outbox.composes() == 0


def test_a_mail_is_queued_once_for_each_key(in_app: Flask) -> None:
    values: dict[str, Any] = {"address": "a@example.com", "body": "Hello.", "at": NOON}

    assert queue_mail(key="reset:1", subject="One", **values)
    assert not queue_mail(key="reset:1", subject="Two", **values)

    assert [mail.subject for mail in db.session.scalars(select(Mail))] == ["One"]


def test_a_mail_is_sent_once(outbox: "Outbox", cast: Cast, clock: StoppedClock) -> None:
    mail_id = outbox.mail(subject="Hello")

    assert outbox.sends() == 1
    assert outbox.sends() == 0

    assert [message["Subject"] for message in outbox.postman.taken] == ["Hello"]
    row = outbox.row(mail_id)
    assert (row.sent_at, row.tries, row.error) == (NOON, 1, None)


@pytest.mark.parametrize(
    ("trouble", "minutes"),
    [
        (MailTrouble.AWAY, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60]),
        (MailTrouble.DELAYED, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60]),
        (MailTrouble.REFUSED, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]),
    ],
)
def test_a_mail_that_can_t_be_sent_is_tried_ever_later_and_never_given_up(
    outbox: "Outbox", clock: StoppedClock, trouble: MailTrouble, minutes: list[int]
) -> None:
    mail_id = outbox.mail()
    outbox.postman.failure = MailError(trouble, "Not now.")

    waits = []
    for _ in minutes:
        assert outbox.sends() == 0
        row = outbox.row(mail_id)
        waits.append((row.next_try_at - clock.at) / MINUTE)
        clock.at = row.next_try_at - SECOND
        tries = row.tries
        assert outbox.sends() == 0
        assert outbox.row(mail_id).tries == tries
        clock.advance(seconds=1)

    assert waits == minutes
    assert outbox.row(mail_id).error == f"{trouble}: Not now."
    outbox.postman.failure = None
    assert outbox.sends() == 1
    row = outbox.row(mail_id)
    assert (row.sent_at, row.error) == (clock.at, None)


@pytest.mark.parametrize(
    ("trouble", "tried"), [(MailTrouble.AWAY, 1), (MailTrouble.DELAYED, 3), (MailTrouble.REFUSED, 3)]
)
def test_only_a_server_that_is_away_makes_the_other_mails_wait(
    outbox: "Outbox", trouble: MailTrouble, tried: int
) -> None:
    for _ in range(3):
        outbox.mail()
    outbox.postman.failure = MailError(trouble, "Not now.")

    outbox.sends()

    assert sum(mail.tries for mail in outbox.mails()) == tried


def test_one_refused_address_holds_no_other_mail_up(outbox: "Outbox") -> None:
    refused = outbox.mail(address="no address at all")
    sent = outbox.mail()

    assert outbox.sends() == 1

    assert (outbox.row(refused).error or "").startswith("refused: the mail can't be written")
    assert outbox.row(sent).sent_at == NOON


@pytest.mark.parametrize(
    ("commit", "moment", "sends"),
    [
        (1, "before", 0),  # nothing has happened yet
        (1, "after", 0),  # what was due is known
        (2, "before", 0),  # not claimed
        (2, "after", 0),  # claimed: nobody else sends it
        (3, "before", 1),  # sent, and not noted: it goes out once more, as the same mail
        (3, "after", 1),  # sent and noted
    ],
)
def test_a_worker_that_is_killed_while_it_sends_loses_no_mail(
    outbox: "Outbox", clock: StoppedClock, commit: int, moment: str, sends: int
) -> None:
    mail_id = outbox.mail()
    with killed_at_commit(commit, moment), pytest.raises(Killed):
        outbox.sends()
    assert len(outbox.postman.taken) == sends

    for _ in range(10):
        clock.advance(minutes=1)
        outbox.sends()

    assert outbox.row(mail_id).sent_at is not None
    assert len({message["Message-ID"] for message in outbox.postman.taken}) == 1
    assert len(outbox.postman.taken) == (2 if (commit, moment) == (3, "before") else 1)


def test_while_one_worker_sends_a_mail_no_other_does(app: Flask, outbox: "Outbox") -> None:
    outbox.mail()
    others: list[int] = []
    outbox.postman.meanwhile = lambda: others.append(send_mails(NOON, at_once).done)

    assert outbox.sends() == 1

    assert others == [0]
    assert len(outbox.postman.taken) == 1


def test_more_mails_than_a_batch_holds_go_out_in_several(outbox: "Outbox", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "SENT_AT_ONCE", 2)
    for _ in range(3):
        outbox.mail()

    assert [outbox.sends(), outbox.sends(), outbox.sends()] == [2, 1, 0]


def test_a_slow_server_ties_the_worker_up_for_a_bounded_time(outbox: "Outbox", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "SENT_FOR_SECONDS", -1.0)  # is over after the first
    for _ in range(2):
        outbox.mail()

    assert [outbox.sends(), outbox.sends(), outbox.sends()] == [1, 1, 0]


def test_the_worker_does_both_under_leases_of_their_own(outbox: "Outbox", cast: Cast) -> None:
    outbox.notice(cast.owner)

    with outbox.app.app_context():
        for name in (WorkName.COMPOSE_MAILS, WorkName.SEND_MAILS):
            run = do_work(WORK[name])
            assert run is not None
            assert run.done == 1


def test_a_mail_says_what_machines_want_to_know_and_is_the_same_whenever_it_is_sent(
    in_app: Flask, clock: StoppedClock
) -> None:
    mail = Mail(id=7, address="olive@example.com", subject="“Calm” is ready", body="Grüße\n", created_at=NOON)

    message = message_of(mail, SENDER)
    clock.advance(hours=5)

    assert message_of(mail, SENDER).as_bytes() == message.as_bytes()
    assert {name: str(value) for name, value in message.items() if not name.startswith(("Content", "MIME"))} == {
        "Message-ID": "<mail-7.20260302T120000000000@example.com>",
        "Date": "Mon, 02 Mar 2026 12:00:00 +0000",
        "From": "Programme Portal <portal@example.com>",
        "To": "olive@example.com",
        "Subject": "“Calm” is ready",
        "Auto-Submitted": "auto-generated",
    }
    assert message.get_content() == "Grüße\n"
    assert message.get_content_type() == "text/plain"


@pytest.mark.parametrize("trick", ["\r\nBcc: all@example.com", "\nBcc: x", "\rBcc: x", "\u2028Bcc: x", "\x85Bcc: x"])
def test_no_line_break_in_a_title_or_an_address_adds_a_header(outbox: "Outbox", trick: str) -> None:
    outbox.mail(subject=f"Title{trick}")
    refused = outbox.mail(address=f"a@example.com{trick}")

    assert outbox.sends() == 1

    (message,) = outbox.postman.taken
    assert "Bcc" not in message
    assert str(message["Subject"]).startswith("Title Bcc:")
    assert outbox.row(refused).sent_at is None


class Killed(BaseException):
    """What a process that is killed does not come back from."""


@contextmanager
def killed_at_commit(number: int, moment: str) -> Iterator[None]:
    """Stop at the nth commit from now, before it or right after it."""
    commit, count = Session.commit, 0

    def stopping(session: Session) -> None:
        nonlocal count
        count += 1
        if count == number and moment == "before":
            session.close()
            raise Killed
        commit(session)
        if count == number:
            session.close()
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "commit", stopping)
        yield


class Postman:
    """Takes mails, or fails as told; refuses to be spoken to inside a transaction."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.failure: MailError | None = None
        self.meanwhile: Callable[[], object] = lambda: None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    def send(self, message: EmailMessage) -> None:
        assert not db.session().in_transaction(), "a transaction is open while a mail is handed over"
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.failure is not None:
            raise self.failure
        self.taken.append(message)


class Outbox:
    """Notices, mails and the two pieces of work between them and a mail server."""

    def __init__(self, app: Flask, clock: StoppedClock, postman: Postman) -> None:
        self.app = app
        self.postman = postman
        self._clock = clock

    def notice(self, reader: User, **values: Any) -> str:
        with self.app.app_context():
            key = make_notice(reader, NoticeKind.VIDEO_READY, **values).key
            db.session.commit()
            return key

    def mail(self, **values: Any) -> int:
        with self.app.app_context():
            number = len(db.session.scalars(select(Mail.id)).all()) + 1
            row = Mail(key=f"mail:{number}", address="a@example.com", subject="Subject", body="Body", tries=0)
            row.created_at = row.next_try_at = self._clock.at
            for name, value in values.items():
                setattr(row, name, value)
            db.session.add(row)
            db.session.commit()
            return row.id

    def change(self, user: User, **values: bool) -> None:
        with self.app.app_context():
            row = db.session.scalars(select(User).where(User.id == user.id)).one()
            for name, value in values.items():
                setattr(row, name, value)
            db.session.commit()

    def composes(self) -> int:
        with self.app.app_context():
            return compose_mails(self._clock.at, at_once).done

    def sends(self) -> int:
        with self.app.app_context():
            return send_mails(self._clock.at, at_once).done

    def mails(self) -> list[Mail]:
        with self.app.app_context():
            return list(db.session.scalars(select(Mail).order_by(Mail.id)))

    def row(self, mail_id: int) -> Mail:
        with self.app.app_context():
            return db.session.scalars(select(Mail).where(Mail.id == mail_id)).one()

    def notices(self) -> list[Notice]:
        with self.app.app_context():
            return list(db.session.scalars(select(Notice).order_by(Notice.id)))


@pytest.fixture
def outbox(app: Flask, clock: StoppedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    postman = Postman()
    mail = MailSettings(sender=SENDER, folder=tmp_path / "never-written")
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail=mail))
    monkeypatch.setattr(mailing, "open_transport", lambda _settings, _timeout_seconds: postman)
    return Outbox(app, clock, postman)
