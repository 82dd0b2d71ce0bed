"""What people are told: every kind of notice, on its page and in its mail."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.config import MailSettings
from portal.extensions import db
from portal.formatting import OTHER_REASON, REASONS
from portal.mail.outbox import compose_mails
from portal.models import Mail, NoticeKind, Programme
from portal.notices.words import digest_lines, failure_line, words_of
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_notice
from tests.pages import Reader, words
from tests.turns import at_once

BROKEN = REASONS["The input file was not a valid video"]
LATE = REASONS["The upload was not finished in time"]
REMOVED = REASONS["The video was removed"]
WATCH, STUDIO, FAILED = "/watch/{}", "/coach/programmes/{}", "/admin/programmes?status=errored"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A notice, and what its reader must be told: a heading, some parts of the text, and where it leads."""

    kind: NoticeKind
    reason: str | None = None  # Mux's words, or a digest's lines
    heading: str
    said: tuple[str, ...]
    place: str = STUDIO
    label: str = "Open its page"


TOLD = [
    Told(
        kind=NoticeKind.VIDEO_READY,
        heading="“Calm” is ready",
        said=("If the programme is published, viewers can watch it now.", "If it is a draft, publish it"),
        place=WATCH,
        label="Watch it",
    ),
    Told(
        kind=NoticeKind.VIDEO_FAILED,
        reason="The input file was not a valid video or audio file.",
        heading="The video of “Calm” failed",
        said=(BROKEN.words, BROKEN.advice),
    ),
    Told(
        kind=NoticeKind.VIDEO_FAILED,
        reason="Something that nobody has heard of",
        heading="The video of “Calm” failed",
        said=(OTHER_REASON.words, OTHER_REASON.advice),
    ),
    Told(
        kind=NoticeKind.VIDEO_REMOVED,
        reason="The video was removed at Mux.",
        heading="The video of “Calm” is gone",
        said=(REMOVED.words, REMOVED.advice),
    ),
    Told(
        kind=NoticeKind.REPLACEMENT_READY,
        heading="The new video of “Calm” is ready",
        said=("It has taken the place of the old one.",),
        place=WATCH,
        label="Watch it",
    ),
    Told(
        kind=NoticeKind.REPLACEMENT_FAILED,
        reason="The input file was not a valid video",
        heading="The new video of “Calm” failed",
        said=(f"{BROKEN.words} The old video plays on.", BROKEN.advice),
    ),
    Told(
        kind=NoticeKind.UPLOAD_UNFINISHED,
        heading="The upload for “Calm” was left unfinished",
        said=("A video that plays there already goes on playing.", "to send the file", "delete it there"),
    ),
    Told(
        kind=NoticeKind.UPLOAD_UNFINISHED,
        reason="The upload was not finished in time.",
        heading="The upload for “Calm” was left unfinished",
        said=("No whole file has arrived for it.", "to send the file"),
    ),
    Told(
        kind=NoticeKind.FAILURE_DIGEST,
        reason="One (Olive): Why.\nTwo (Oscar): Why.",
        heading="2 videos or uploads failed",
        said=("One (Olive): Why.", "Two (Oscar): Why."),
        place=FAILED,
        label="Programmes that have failed",
    ),
    Told(
        kind=NoticeKind.FAILURE_DIGEST,
        reason="One (Olive): Why.",
        heading="1 video or upload failed",
        said=("One (Olive): Why.",),
        place=FAILED,
        label="Programmes that have failed",
    ),
]


def test_every_kind_is_in_the_table() -> None:
    assert {told.kind for told in TOLD} == set(NoticeKind)


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told.kind.value)
def test_a_page_tells_it_with_its_next_step(app: Flask, cast: Cast, make: Callable[..., Programme], told: Told) -> None:
    programme = make(title="Calm")
    keep(app, cast, told, programme)
    reader = Reader(app, cast.admin)

    row = reader.get("/notices").one(".notice-row")

    assert words(row.select("h2")[0]).startswith(told.heading)
    for part in told.said:
        assert part in words(row)
    (link,) = row.select("a")
    assert words(link) == told.label
    assert reader.get(str(link["href"])).location == told.place.format(programme.product_id)
    assert reader.get(told.place.format(programme.product_id)).status == 200


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told.kind.value)
def test_a_mail_tells_the_same_with_the_same_next_step(
    app: Flask, cast: Cast, make: Callable[..., Programme], monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    programme = make(title="Calm")
    keep(app, cast, told, programme)
    mail = MailSettings(sender="portal@example.com", folder=Path("unused"))
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail=mail))
    with app.app_context():
        compose_mails(NOON, at_once)
        row = db.session.scalars(select(Mail)).one()

    assert row.subject.startswith(told.heading)
    assert row.body.startswith(f"Hello Ada Admin,\n\n{row.subject}.\n\n")
    for part in told.said:
        assert part in row.body
    assert f"\n\n{told.label}:\nhttp://portal.test{told.place.format(programme.product_id)}\n" in row.body
    assert row.body.endswith("You can stop that here:\nhttp://portal.test/notices\n")
    assert "None" not in row.body


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind is not NoticeKind.FAILURE_DIGEST])
def test_where_the_programme_is_gone_there_is_nothing_left_to_do(in_app: Flask, cast: Cast, kind: NoticeKind) -> None:
    said = words_of(make_notice(cast.owner, kind, title="Calm", product_id=None))

    assert "“Calm”" in said.heading
    assert (said.paragraphs, said.link) == (("The programme has been deleted since.",), None)


@pytest.mark.parametrize(
    ("kind", "reason", "line"),
    [
        (NoticeKind.VIDEO_FAILED, "The input file was not a valid video", f"Calm (Olive): {BROKEN.words}"),
        (NoticeKind.VIDEO_REMOVED, "The video was removed at Mux.", f"Calm (Olive): {REMOVED.words}"),
        (NoticeKind.REPLACEMENT_FAILED, "Odd", f"Calm (Olive): {OTHER_REASON.words} The old video plays on."),
        (NoticeKind.UPLOAD_UNFINISHED, None, "Calm (Olive): The upload was left unfinished."),
        (NoticeKind.UPLOAD_UNFINISHED, LATE.words, "Calm (Olive): The upload was left unfinished."),
    ],
)
def test_administrators_read_of_a_failure_in_one_line(
    in_app: Flask, cast: Cast, kind: NoticeKind, reason: str | None, line: str
) -> None:
    assert failure_line(make_notice(cast.owner, kind, title="Calm", reason=reason), "Olive") == line


def test_a_digest_says_how_many_it_leaves_out() -> None:
    assert digest_lines(["one", "two"], 2) == "one\ntwo"
    assert digest_lines(["one", "two"], 5) == "one\ntwo\nand 3 more"


def keep(app: Flask, cast: Cast, told: Told, programme: Programme) -> None:
    """A notice to the admin, who may open whatever it leads to."""
    values: dict[str, Any] = {"title": "Calm", "product_id": programme.product_id}
    if told.kind is NoticeKind.FAILURE_DIGEST:
        values = {"title": str(len((told.reason or "").splitlines()))}
    with app.app_context():
        make_notice(cast.admin, told.kind, reason=told.reason, **values)
        db.session.commit()
