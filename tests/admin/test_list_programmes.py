"""Everybody's programmes."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.extensions import db
from portal.models import Status
from tests.admin.conftest import MakeProgramme
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme
from tests.pages import Reader, words
from tests.queries import queries_of

PLACE = "/admin/programmes"


def test_everything_is_there_whoever_made_it_and_in_whatever_state_newest_first(
    app: Flask, admin: Reader, make: MakeProgramme, cast: Cast
) -> None:
    made = [
        make(title=f"It is {status.value}", status=status, at=NOON + timedelta(hours=number))
        for number, status in enumerate(Status)
    ]
    with app.app_context():
        made.append(make_programme(cast.other_coach, title="Of another", at=NOON + timedelta(days=1)))
        db.session.commit()

    page = admin.get(PLACE)

    assert page.heading == "All programmes"
    assert titles(admin, PLACE) == [programme.title for programme in reversed(made)]
    for programme in made:
        assert f"/coach/programmes/{programme.product_id}" in page.links()
    assert words(page.all(".row")[0]).endswith("Ready Published Oscar Other · Created 3 March 2026, 12:00 UTC")
    assert words(page.all(".row")[-1]).endswith("Waiting for video Draft Olive Owner · Created 2 March 2026, 12:00 UTC")
    assert page.all(".row img")


@pytest.mark.parametrize("status", Status)
def test_it_is_narrowed_by_status_under_the_name_that_rows_have(
    admin: Reader, make: MakeProgramme, status: Status
) -> None:
    for each in Status:
        make(title=f"It is {each.value}", status=each)

    page = admin.get(f"{PLACE}?status={status.value}&q=")

    assert [words(title) for title in page.all(".row-title")] == [f"It is {status.value}"]
    (chosen,) = page.field("Status").select("option[selected]")
    assert words(chosen) == words(page.one(f".badge-{status.value}"))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("calm", ["Calm in 100 %", "calmly äußern"]),
        ("ÄUSSERN calm", []),
        ("ÄU calm", ["calmly äußern"]),
        ("0 %", ["Calm in 100 %"]),
    ],
)
def test_it_is_narrowed_by_words_of_the_title_in_any_order_and_case(
    admin: Reader, make: MakeProgramme, asked: str, found: list[str]
) -> None:
    for number, title in enumerate(("calmly äußern", "Calm in 100 %", "Storm 1000")):
        make(title=title, at=NOON + timedelta(minutes=number))

    assert titles(admin, f"{PLACE}?q={asked.replace('%', '%25')}") == found


def test_long_lists_are_paged_and_stay_narrowed(admin: Reader, make: MakeProgramme) -> None:
    for number in range(30):
        make(title=f"Number {number:02}", at=NOON + timedelta(minutes=number // 2))
        make(title="Other", status=Status.ERRORED)

    first = admin.get(f"{PLACE}?status=ready&q=number")
    second = admin.get(str(first.one("a[rel=next]")["href"]))

    shown = [words(title) for page in (first, second) for title in page.all(".row-title")]
    assert len(first.all(".row")) == 24
    assert sorted(shown) == [f"Number {number:02}" for number in range(30)]
    assert not second.all("a[rel=next]")
    assert second.field("Words in the title")["value"] == "number"


@pytest.mark.parametrize(
    ("asked", "label", "words_beside"),
    [
        ("status=gone", "Status", "Choose one from the list."),
        ("q=" + "x" * 256, "Words in the title", "Use 255 characters at the most."),
        ("q=a%00b", "Words in the title", "Remove the characters that can’t be shown."),
    ],
)
def test_what_can_t_be_asked_for_is_said_beside_its_field(
    admin: Reader, make: MakeProgramme, asked: str, label: str, words_beside: str
) -> None:
    make()

    page = admin.get(f"{PLACE}?{asked}")

    assert page.status == 422
    assert page.error_beside(label) == words_beside
    assert page.all(".row") == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", "No coach has made a programme yet"),
        ("?q=nothing", "Nothing fits"),
        ("?cursor=noise", "No coach has made a programme yet"),
    ],
)
def test_an_empty_list_says_why(admin: Reader, asked: str, said: str) -> None:
    page = admin.get(f"{PLACE}{asked}")

    assert (page.status, words(page.one(".empty h2"))) == (200, said)


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_two_queries_however_long_it_is(
    app: Flask, admin: Reader, make: MakeProgramme, count: int
) -> None:
    for _ in range(count):
        make()

    with queries_of(app) as sent:
        admin.get(PLACE)

    assert len(sent) == 2, sent


def titles(reader: Reader, place: str) -> list[str]:
    return [words(title) for title in reader.get(place).all(".row-title")]
