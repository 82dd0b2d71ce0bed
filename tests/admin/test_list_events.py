"""The inbox of Mux's webhooks."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from portal.models import Outcome
from tests.admin.conftest import MakeEvent, MakeProgramme
from tests.clock import NOON
from tests.pages import Reader, words
from tests.queries import queries_of

PLACE = "/admin/webhooks"


def test_every_event_is_there_newest_first_with_what_came_of_it(
    admin: Reader, make: MakeProgramme, make_event: MakeEvent
) -> None:
    programme = make(title="Morning calm")
    numbers = [
        make_event("video.asset.ready", product_id=programme.product_id),
        make_event("video.asset.deleted", product_id=uuid.UUID(int=5)),
        make_event("video.asset.track.ready", Outcome.KEPT, at=NOON + timedelta(hours=1), tries=3),
        make_event("video.asset.errored", None, tries=0),
    ]

    page = admin.get(PLACE)

    assert page.heading == "Webhooks"
    assert [words(row) for row in page.all(".row")] == [
        "video.asset.errored Received 2 March 2026, 12:00 UTC No programme Not decided 0 tries",
        "video.asset.track.ready Received 2 March 2026, 13:00 UTC No programme Kept for later 3 tries",
        "video.asset.deleted Received 2 March 2026, 12:00 UTC A programme that is gone Applied 1 try",
        "video.asset.ready Received 2 March 2026, 12:00 UTC Morning calm Applied 1 try",
    ]
    assert f"/coach/programmes/{programme.product_id}" in page.links()
    assert {f"{PLACE}/{number}" for number in numbers} <= set(page.links())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("type=video.asset.ready", ["ready"]),
        ("type=video.asset", ["other", "ready"]),
        ("type=asset", []),
        ("type=video_asset", []),
        ("outcome=failed", ["other"]),
        ("outcome=applied&type=video.upload", ["upload"]),
        (f"programme={uuid.UUID(int=7)}", ["ready"]),
        (f"programme={uuid.UUID(int=7).hex}", ["ready"]),
        ("day_from=2026-03-02", ["other", "ready"]),
        ("day_to=2026-03-02", ["ready", "upload"]),
        ("day_from=2026-03-02&day_to=2026-03-02", ["ready"]),
        ("day_from=0001-01-01&day_to=9999-12-31", ["other", "ready", "upload"]),
        ("day_from=&day_to=&type=&outcome=&programme=", ["other", "ready", "upload"]),
    ],
)
def test_it_is_narrowed_by_type_outcome_programme_and_day(
    admin: Reader, make_event: MakeEvent, asked: str, found: list[str]
) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    numbers = {
        make_event("video.upload.created", at=midnight - timedelta(microseconds=1)): "upload",
        make_event("video.asset.ready", at=midnight, product_id=uuid.UUID(int=7)): "ready",
        make_event("video.asset.created", Outcome.FAILED, at=midnight + timedelta(days=1)): "other",
    }

    page = admin.get(f"{PLACE}?{asked}")

    assert page.status == 200
    links = [str(link["href"]) for link in page.all(".row-title a")]
    assert [numbers[int(link.rpartition("/")[2])] for link in links] == found


@pytest.mark.parametrize(
    ("asked", "label", "words_beside"),
    [
        ("day_from=2026-02-30", "From", "Write the day as year-month-day, like 2026-03-02."),
        ("day_to=tomorrow", "To", "Write the day as year-month-day, like 2026-03-02."),
        ("day_from=2026-03-02&day_to=2026-03-01", "To", "This day is before the first one."),
        ("programme=42", "Programme", "This is not the id of a programme"),
        ("type=" + "x" * 256, "Type", "Use 255 characters at the most."),
    ],
)
def test_what_can_t_be_asked_for_is_said_beside_its_field_and_kept(
    admin: Reader, make_event: MakeEvent, asked: str, label: str, words_beside: str
) -> None:
    make_event()

    page = admin.get(f"{PLACE}?{asked}")

    assert page.status == 422
    assert page.error_beside(label).startswith(words_beside)
    assert page.field(label)["value"] == asked.rpartition("=")[2]
    assert page.all(".row") == []


def test_an_outcome_that_there_is_not_is_said_beside_its_field(admin: Reader) -> None:
    page = admin.get(f"{PLACE}?outcome=won")

    assert (page.status, page.error_beside("Outcome")) == (422, "Choose one from the list.")


def test_long_lists_are_paged_and_stay_narrowed(admin: Reader, make_event: MakeEvent) -> None:
    numbers = [make_event() for _ in range(30)]
    make_event(outcome=Outcome.KEPT)

    first = admin.get(f"{PLACE}?outcome=applied&day_from=2026-03-01")
    second = admin.get(str(first.one("a[rel=next]")["href"]))

    shown = [str(link["href"]) for page in (first, second) for link in page.all(".row-title a")]
    assert len(first.all(".row")) == 24
    assert shown == [f"{PLACE}/{number}" for number in reversed(numbers)]
    assert not second.all("a[rel=next]")


def test_an_empty_inbox_says_so(admin: Reader) -> None:
    assert words(admin.get(PLACE).one(".empty h2")) == "Mux has not sent anything yet"


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_two_queries_however_long_it_is_and_reads_no_payload(
    app: Flask, admin: Reader, make: MakeProgramme, make_event: MakeEvent, count: int
) -> None:
    for _ in range(count):
        make_event(product_id=make().product_id)

    with queries_of(app) as sent:
        admin.get(PLACE)

    assert len(sent) == 2, sent
    assert "payload" not in sent[1]
