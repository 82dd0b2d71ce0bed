"""The list of published programmes: its order, its pages, what can be asked of it, and what it costs."""

import base64
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.models import Status
from portal.models.catalogue import Position, write_cursor
from tests.callers import Api, Shelf, fields_of
from tests.clock import NOON
from tests.queries import queries_of

UNPUBLISHED: dict[str, Any] = {"is_published": False, "published_at": None}


def test_an_empty_list(api: Api) -> None:
    assert api.get("/programme").get_json() == {"items": [], "nextCursor": None}


def test_the_newest_comes_first_featured_or_not(api: Api, shelf: Shelf) -> None:
    oldest = shelf.add(published_at=NOON, is_featured=True)
    newest = shelf.add(published_at=NOON + timedelta(days=2))
    middle = shelf.add(published_at=NOON + timedelta(days=1))

    assert ids_of(api) == [newest, middle, oldest]


def test_twenty_come_at_a_time_unless_said_otherwise(api: Api, shelf: Shelf) -> None:
    for _ in range(21):
        shelf.add()

    page = api.get("/programme").get_json()
    assert (len(page["items"]), page["nextCursor"] is not None) == (20, True)
    for limit in (1, 21, 100):
        assert len(api.get(f"/programme?limit={limit}").get_json()["items"]) == min(limit, 21)
    assert api.get("/programme?limit=21").get_json()["nextCursor"] is None


def test_walking_from_cursor_to_cursor_meets_every_programme_once_though_many_share_a_time(
    api: Api, shelf: Shelf
) -> None:
    made = [shelf.add(published_at=NOON + timedelta(microseconds=number // 4)) for number in range(11)]

    for limit in (1, 2, 3, 4, 11):
        walked = walk(api, limit)
        assert sorted(walked) == sorted(made)
        assert walked == ids_of(api, limit="100")


def test_what_is_published_while_somebody_walks_moves_nothing(api: Api, shelf: Shelf) -> None:
    made = [shelf.add(published_at=NOON + timedelta(seconds=number)) for number in range(4)]
    page = api.get("/programme?limit=2").get_json()
    shelf.add(published_at=NOON + timedelta(days=1))

    rest = api.get(f"/programme?limit=2&cursor={page['nextCursor']}").get_json()

    assert [item["productId"] for item in page["items"] + rest["items"]] == made[::-1]


def test_a_cursor_goes_with_the_filters_it_was_given_for(api: Api, shelf: Shelf) -> None:
    wanted = [shelf.add(tags=["calm"]) for _ in range(3)]
    for _ in range(3):
        shelf.add()

    assert walk(api, 1, tag="calm") == wanted[::-1]


@pytest.mark.parametrize("asked", ["calm", "CALM", " Calm ", "%20calm%20"])
def test_a_tag_is_found_whole_however_it_is_typed(api: Api, shelf: Shelf, asked: str) -> None:
    wanted = shelf.add(tags=["breath", "calm"])
    shelf.add(tags=["calmer", "not calm"], title="calm", description="calm")

    assert ids_of(api, tag=asked.replace("%20", " ")) == [wanted]


def test_every_character_can_stand_in_a_tag(api: Api, shelf: Shelf) -> None:
    made = {tag: shelf.add(tags=[tag]) for tag in ("übung", "日本語", 'a"b', "a'b", "100%", "a\\b", "[]", "🫁")}

    assert {tag: ids_of(api, tag=tag) for tag in made} == {tag: [product_id] for tag, product_id in made.items()}


def test_words_are_found_in_title_and_description_in_whatever_case(api: Api, shelf: Shelf) -> None:
    text = "Breathing Übung 100% snake_case 🫁 a\\b it's"
    wanted = {shelf.add(title=text), shelf.add(description=text)}
    shelf.add(title="Something else", description="1000 snakeXcase aXb its")

    for asked in ("breathing", "BREATH", "ÜBUNG", "übung", "100%", "SNAKE_case", "🫁", "a\\b", "it's"):
        assert set(ids_of(api, q=asked)) == wanted, asked


def test_all_the_words_have_to_be_there_in_any_order(api: Api, shelf: Shelf) -> None:
    both = shelf.add(title="Deep breathing", description="for the evening")
    shelf.add(title="Deep sleep")

    assert ids_of(api, q="  evening   deep ") == [both]
    assert ids_of(api, q="evening shallow") == []


@pytest.mark.parametrize("asked", ["%", "_", "\\"])
def test_what_is_a_wildcard_elsewhere_is_a_letter_here(api: Api, shelf: Shelf, asked: str) -> None:
    shelf.add(title="Plain")
    wanted = shelf.add(title=f"With {asked}")

    assert ids_of(api, q=asked) == [wanted]


def test_up_to_ten_words_are_looked_for_each_counted_once(api: Api, shelf: Shelf) -> None:
    wanted = shelf.add(title="a b c d e f g h i j")

    assert ids_of(api, q="a b c d e f g h i j") == ids_of(api, q="a a a a b c d e f g h i j") == [wanted]


def test_blanks_are_nothing_to_look_for(api: Api, shelf: Shelf) -> None:
    made = shelf.add()

    assert ids_of(api, q="") == ids_of(api, q="   ") == [made]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"featured": "true"}, {"featured", "both"}),
        ({"featured": "false"}, {"premium", "plain"}),
        ({"premium": "true"}, {"premium", "both"}),
        ({"premium": "false"}, {"featured", "plain"}),
        ({"featured": "true", "premium": "true"}, {"both"}),
        ({"featured": "false", "premium": "false"}, {"plain"}),
        ({}, {"featured", "premium", "both", "plain"}),
    ],
)
def test_featured_and_premium_can_be_asked_for(api: Api, shelf: Shelf, query: dict[str, str], wanted: set[str]) -> None:
    shelf.add(title="featured", is_featured=True)
    shelf.add(title="premium", is_premium=True)
    shelf.add(title="both", is_featured=True, is_premium=True)
    shelf.add(title="plain")

    items = api.get("/programme", query_string=query).get_json()["items"]
    assert {item["title"] for item in items} == wanted


def test_no_filter_leads_to_what_is_not_published(api: Api, shelf: Shelf) -> None:
    hidden: dict[str, Any] = {"title": "hidden", "tags": ["hidden"], "is_featured": True, "is_premium": True}
    shelf.add(**hidden, **UNPUBLISHED)
    for status in (Status.AWAITING_UPLOAD, Status.PROCESSING, Status.ERRORED):
        shelf.add(status, **hidden)

    for query in ({}, {"q": "hidden"}, {"tag": "hidden"}, {"featured": "true"}, {"premium": "true"}):
        assert ids_of(api, **query) == []


BAD_QUESTIONS: list[tuple[dict[str, str], list[str]]] = [
    ({"limit": "0"}, ["limit"]),
    ({"limit": "101"}, ["limit"]),
    ({"limit": "-1"}, ["limit"]),
    ({"limit": "1.5"}, ["limit"]),
    ({"limit": "many"}, ["limit"]),
    ({"limit": ""}, ["limit"]),
    ({"limit": "9" * 5000}, ["limit"]),
    ({"featured": "perhaps"}, ["featured"]),
    ({"premium": ""}, ["premium"]),
    ({"q": "q" * 201}, ["q"]),
    ({"q": "a\u0000b"}, ["q"]),
    ({"q": " ".join("abcdefghijk")}, ["q"]),  # more words than are looked for
    ({"tag": "\u0000"}, ["tag"]),
    ({"cursor": "\u0000"}, ["cursor"]),
    ({"offset": "20"}, ["offset"]),
    ({"limit": "0", "tag": "\u0000", "premium": "?", "page": "2"}, ["limit", "tag", "premium", "page"]),
]


def test_a_bad_question_is_told_by_all_its_fields(api: Api) -> None:
    for query, fields in BAD_QUESTIONS:
        assert sorted(fields_of(api.get("/programme", query_string=query))) == sorted(fields), query


def cursor_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


CURSORS_OF_NO_LIST = [
    "",
    "x",
    "not a cursor",
    "ünï",
    "=",
    "%00",
    cursor_of(""),
    cursor_of("||"),
    cursor_of("0|2026-03-02T12:00:00+00:00"),
    cursor_of(f"2|2026-03-02T12:00:00+00:00|{uuid.UUID(int=1)}"),
    cursor_of(f"0|2026-03-02T12:00:00|{uuid.UUID(int=1)}"),  # a time of no zone
    cursor_of(f"0|yesterday|{uuid.UUID(int=1)}"),
    cursor_of("0|2026-03-02T12:00:00+00:00|1"),
    # Times that no clock has: outside of what a database or Python can turn into UTC.
    cursor_of(f"0|0001-01-01T00:00:00+14:00|{uuid.UUID(int=1)}"),
    cursor_of(f"0|9999-12-31T23:59:59-14:00|{uuid.UUID(int=1)}"),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "A" * 10_000,
]


def test_a_cursor_that_no_list_gave_is_refused(api: Api) -> None:
    for cursor in CURSORS_OF_NO_LIST:
        assert fields_of(api.get("/programme", query_string={"cursor": cursor})) == ["cursor"], cursor


def test_a_cursor_may_point_where_nothing_is_any_more(api: Api, shelf: Shelf) -> None:
    made = shelf.add(published_at=NOON)
    later = Position(is_featured=False, at=NOON + timedelta(days=1), product_id=uuid.UUID(int=1))
    earlier = Position(is_featured=False, at=NOON - timedelta(days=1), product_id=uuid.UUID(int=1))

    assert ids_of(api, cursor=write_cursor(later)) == [made]
    assert ids_of(api, cursor=write_cursor(earlier)) == []


def test_a_list_costs_two_queries_however_long_it_is(app: Flask, api: Api, shelf: Shelf) -> None:
    api.token_of("viewer")
    for rows in (1, 29):
        for _ in range(rows):
            shelf.add(tags=["calm"], title="Breathing")
        with queries_of(app) as sent:
            items = api.get("/programme?limit=100&tag=calm&q=breath", by="viewer").get_json()["items"]

        assert len(items) == (1 if rows == 1 else 30)
        who, what = sent
        assert "refresh_family" in who
        assert "FROM programme JOIN product" in what


def ids_of(api: Api, **query: str) -> list[str]:
    response = api.get("/programme", by="viewer", query_string=query)
    assert response.status_code == 200, response.get_data(as_text=True)
    return [item["productId"] for item in response.get_json()["items"]]


def walk(api: Api, limit: int, **query: str) -> list[str]:
    """All productIds, page by page to the end."""
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {"limit": str(limit), **query, **({"cursor": cursor} if cursor else {})}
        page = api.get("/programme", by="viewer", query_string=asked).get_json()
        assert 1 <= len(page["items"]) <= limit
        ids += [item["productId"] for item in page["items"]]
        cursor = page["nextCursor"]
    return ids
