"""Memberships over the API: given, taken away, told; repeated as often as a shop's software likes."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.models import ChangeSource, MembershipChange, Programme, Role
from portal.models.product import Product
from tests.callers import Api, Shelf, fields_of, problem_of
from tests.clock import StoppedClock
from tests.conftest import Cast
from tests.queries import queries_of

PLACE = "/api/memberships"
UNKNOWN = "0b7c8f0e-1111-4222-8333-444455556666"
SUMMER, WINTER = "2026-06-30T22:00:00Z", "2026-12-31T23:59:59Z"
VERA = "vera-viewer@example.com"
WISH: dict[str, Any] = {"email": VERA, "until": SUMMER, "reason": "Order 17"}

Ask = Callable[..., TestResponse]


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_they_are_for_administrators_alone(api: Api, prefix: str) -> None:
    answers = {"owner": 403, "other_coach": 403, "viewer": 403, "member": 403, "admin": 200, "nobody": 401}

    assert api.statuses("POST", f"{prefix}/memberships", json=WISH) == answers
    assert api.statuses("GET", f"{prefix}/memberships?email={VERA}") == answers


def test_membership_is_given_told_and_taken_away(ask: Ask, api: Api, cast: Cast, changes: "Changes") -> None:
    given = ask()
    told = api.get(f"{PLACE}?email={VERA}", by="admin")
    taken = ask(until=None, reason="Refunded")

    has = {"userId": cast.viewer.id, "email": VERA, "memberUntil": "2026-06-30T22:00:00.000Z", "grants": []}
    assert given.get_json() == told.get_json() == has
    assert taken.get_json() == {**has, "memberUntil": None}
    first, second = changes()
    assert (first.user_id, first.by_id, first.source) == (cast.viewer.id, cast.admin.id, ChangeSource.API)
    assert (first.before.is_held, first.after.until, first.reason) == (False, second.before.until, "Order 17")
    assert (second.after.is_held, second.reason) == (False, "Refunded")


def test_one_programme_is_given_and_taken_away(ask: Ask, shelf: Shelf, changes: "Changes") -> None:
    product_id = shelf.add(is_premium=True)

    given = ask(productId=product_id).get_json()
    later = ask(productId=product_id, until=WINTER).get_json()
    taken = ask(productId=product_id, until=None).get_json()

    assert given["grants"] == [{"productId": product_id, "until": "2026-06-30T22:00:00.000Z"}]
    assert later["grants"] == [{"productId": product_id, "until": "2026-12-31T23:59:59.000Z"}]
    assert (taken["grants"], taken["memberUntil"]) == ([], None)
    assert [str(change.product_id) for change in changes()] == [product_id] * 3


def test_an_account_is_named_by_its_number_or_by_its_address_however_written(ask: Ask, cast: Cast) -> None:
    by_number = ask(email=None, userId=cast.viewer.id)
    by_address = ask(email=" Vera-VIEWER@example.com ")

    assert by_number.get_json() == by_address.get_json()
    assert by_number.get_json()["email"] == VERA


def test_a_time_in_any_zone_is_told_in_utc(ask: Ask) -> None:
    assert ask(until="2026-07-01T00:00:00+02:00").get_json()["memberUntil"] == "2026-06-30T22:00:00.000Z"


def test_a_grant_that_has_ended_is_not_told(ask: Ask, shelf: Shelf, clock: StoppedClock, api: Api) -> None:
    ask(productId=shelf.add(), until="2026-03-02T13:00:00Z")

    clock.advance(hours=1)

    assert api.get(f"{PLACE}?email={VERA}", by="admin").get_json()["grants"] == []


@pytest.mark.parametrize("over", ["2026-01-01T00:00:00Z", "2026-03-02T12:00:00Z"])
def test_a_time_that_is_over_is_taken_as_said_and_opens_nothing(ask: Ask, api: Api, shelf: Shelf, over: str) -> None:
    product_id = shelf.add(is_premium=True)

    assert ask(until=over).status_code == 200

    assert api.get(f"/programme/{product_id}", by="viewer").get_json()["locked"] is True


def test_what_is_given_and_taken_holds_from_the_next_request_on(ask: Ask, api: Api, shelf: Shelf) -> None:
    product_id = shelf.add(is_premium=True)
    api.token_of("viewer")
    wishes: list[dict[str, Any]] = [{}, {"until": None}, {"productId": product_id}]
    wishes.append({**wishes[-1], "until": None})

    locked = []
    for wish in wishes:
        ask(**wish)
        locked.append(api.get(f"/programme/{product_id}", by="viewer").get_json()["locked"])

    assert locked == [False, True, False, True]


@pytest.mark.parametrize("wish", [{}, {"until": None}, {"productId": "one"}, {"productId": "one", "until": None}])
def test_the_same_wish_again_changes_nothing_and_is_not_kept_again(
    ask: Ask, shelf: Shelf, changes: "Changes", clock: StoppedClock, wish: dict[str, Any]
) -> None:
    wish = {**wish, "productId": shelf.add()} if "productId" in wish else wish
    if "until" in wish:
        ask(**{**wish, "until": SUMMER})
    first = ask(**wish)
    kept = len(changes())
    clock.advance(days=1)

    assert ask(**wish).get_json() == first.get_json()
    assert len(changes()) == kept > 0


def test_a_reference_is_applied_once_even_after_something_else_has_happened(ask: Ask, changes: "Changes") -> None:
    ask(reference="order-17")
    ask(reference="refund-17", until=None)

    late = ask(reference="order-17")

    assert (late.status_code, late.get_json()["memberUntil"]) == (200, None)
    assert [change.reference for change in changes()] == ["order-17", "refund-17"]


def test_a_reference_is_kept_where_it_changes_nothing(ask: Ask, changes: "Changes") -> None:
    ask()
    ask(reference="order-17")
    ask(reference="order-17")

    assert [(change.reference, change.before == change.after) for change in changes()] == [
        (None, False),
        ("order-17", True),
    ]
    assert ask(reference="order-17", until=WINTER).status_code == 409


@pytest.mark.parametrize(
    "other",
    [{"until": WINTER}, {"until": None}, {"reason": "Order 18"}, {"email": "milo-member@example.com"}, "product"],
)
def test_a_reference_with_other_content_is_a_conflict(
    ask: Ask, shelf: Shelf, changes: "Changes", other: dict[str, Any] | str
) -> None:
    wish = {"productId": shelf.add()} if isinstance(other, str) else other
    ask(reference="order-17")

    answer = ask(reference="order-17", **wish)

    assert problem_of(answer, 409)["detail"] == "This reference was used with other content."
    assert len(changes()) == 1


def test_a_reference_belongs_to_the_account_that_uses_it(api: Api, ask: Ask, cast: Cast) -> None:
    cast.owner.role = Role.ADMIN
    ask(reference="1")

    assert api.post(PLACE, {**WISH, "reference": "1", "until": WINTER}, by="owner").status_code == 200
    assert ask(reference="1", until=WINTER).status_code == 409


def test_two_at_once_are_applied_once(ask: Ask, api: Api, changes: "Changes") -> None:
    api.token_of("admin")

    answers = at_once([lambda: ask(reference="order-17") for _ in range(6)])

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.get_data() for answer in answers}) == 1
    assert len(changes()) == 1


def test_two_at_once_for_different_accounts_conflict(ask: Ask, api: Api, changes: "Changes") -> None:
    api.token_of("admin")
    people = ["vera-viewer@example.com", "olive-owner@example.com"] * 3

    answers = at_once([lambda email=email: ask(reference="order-17", email=email) for email in people])  # type: ignore[misc]

    assert {answer.status_code for answer in answers} == {200, 409}
    (kept,) = changes()
    first = [email for email, answer in zip(people, [a.get_json() for a in answers], strict=True) if "email" in answer]
    assert kept.reference == "order-17"
    assert first


def test_grants_of_one_programme_at_once_are_one(ask: Ask, api: Api, shelf: Shelf, changes: "Changes") -> None:
    api.token_of("admin")
    product_id = shelf.add()

    answers = at_once([lambda: ask(productId=product_id) for _ in range(6)])

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len(changes()) == 1


@pytest.mark.parametrize(
    "whom", [{"email": "nobody@example.com"}, {"email": None, "userId": 999}, {"email": None, "userId": 2**63 - 1}]
)
def test_an_unknown_account_is_not_found(ask: Ask, whom: dict[str, Any]) -> None:
    assert problem_of(ask(**whom), 404)["detail"] == "There is no such account."


@pytest.mark.parametrize("until", [SUMMER, None])
def test_an_unknown_programme_is_not_found(ask: Ask, until: str | None) -> None:
    assert problem_of(ask(productId=UNKNOWN, until=until), 404)["detail"] == "There is no such programme."


def test_what_was_deleted_can_t_be_given_and_still_be_taken_away(app: Flask, ask: Ask, shelf: Shelf) -> None:
    product_id = shelf.add()
    ask(productId=product_id)
    with app.app_context():
        db.session.delete(db.session.get_one(Programme, uuid.UUID(product_id)))
        db.session.commit()
        assert db.session.get(Product, uuid.UUID(product_id))

    assert ask(productId=product_id, until=WINTER).status_code == 404
    assert ask(productId=product_id, until=None).get_json()["grants"] == []
    assert ask(productId=product_id, until=None).status_code == 200


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        ({"email": None}, ["email"]),
        ({"userId": 1}, ["email"]),
        ({"email": ""}, ["email"]),
        ({"email": "a\x00b"}, ["email"]),
        ({"email": "x" * 255}, ["email"]),
        ({"email": 7}, ["email"]),
        ({"email": None, "userId": 0}, ["userId"]),
        ({"email": None, "userId": 2**63}, ["userId"]),
        ({"email": None, "userId": "1"}, ["userId"]),
        ({"until": "2026-06-30"}, ["until"]),
        ({"until": "2026-06-30T22:00:00"}, ["until"]),
        ({"until": "tomorrow"}, ["until"]),
        ({"until": 1893456000}, ["until"]),
        ({"until": True}, ["until"]),
        ({"until": "1999-12-31T23:59:59Z"}, ["until"]),
        ({"until": "3000-01-01T00:00:00Z"}, ["until"]),
        ({"until": "9999-12-31T23:59:59-12:00"}, ["until"]),
        ({"until": "0001-01-01T00:00:00+12:00"}, ["until"]),
        ({"reason": " "}, ["reason"]),
        ({"reason": "x" * 501}, ["reason"]),
        ({"reason": "a\x00b"}, ["reason"]),
        ({"reason": None}, ["reason"]),
        ({"productId": "x"}, ["productId"]),
        ({"reference": ""}, ["reference"]),
        ({"reference": "x" * 101}, ["reference"]),
        ({"reference": "a\nb"}, ["reference"]),
        ({"price": 1}, ["price"]),
        ({"email": "", "until": 1, "reason": "", "productId": 1, "reference": ""}, [*WISH, "productId", "reference"]),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(
    ask: Ask, changes: "Changes", wish: dict[str, Any], fields: list[str]
) -> None:
    assert sorted(fields_of(ask(**wish))) == sorted(fields)
    assert changes() == []


@pytest.mark.parametrize("name", ["until", "reason"])
def test_what_is_missing_is_named(api: Api, name: str) -> None:
    wish = {field: value for field, value in WISH.items() if field != name}

    assert fields_of(api.post(PLACE, wish, by="admin")) == [name]


@pytest.mark.parametrize(
    ("query", "fields"),
    [("", ["email"]), ("?email=", ["email"]), ("?email=%00", ["email"]), ("?mail=a", ["email", "mail"])],
)
def test_a_question_that_names_nobody_is_refused(api: Api, query: str, fields: list[str]) -> None:
    assert sorted(fields_of(api.get(f"{PLACE}{query}", by="admin"))) == fields


def test_a_question_about_an_unknown_account_is_not_found(api: Api) -> None:
    problem_of(api.get(f"{PLACE}?email=nobody@example.com", by="admin"), 404)
    problem_of(api.get("/memberships?email=nobody@example.com", by="admin"), 404)


@pytest.mark.parametrize("count", [1, 30])
def test_the_answer_costs_three_queries_however_many_grants_there_are(
    app: Flask, api: Api, ask: Ask, shelf: Shelf, count: int
) -> None:
    for _ in range(count):
        ask(productId=shelf.add())

    with queries_of(app) as sent:
        api.get(f"{PLACE}?email={VERA}", by="admin")

    assert len(sent) == 3, sent  # who asks, the account, its grants


Changes = Callable[[], list[MembershipChange]]


def at_once(calls: list[Callable[[], TestResponse]]) -> list[TestResponse]:
    """What each is answered when all are made at the same moment, in their order."""
    together = threading.Barrier(len(calls))
    answers: dict[int, TestResponse] = {}

    def call(number: int) -> None:
        together.wait()
        answers[number] = calls[number]()

    threads = [threading.Thread(target=call, args=[number]) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[number] for number in range(len(calls))]


@pytest.fixture
def ask(api: Api) -> Ask:
    """Send the wish, some of it said otherwise, as an administrator's software does."""

    def send(**said: Any) -> TestResponse:
        return api.post(PLACE, {**WISH, **said}, by="admin")

    return send


@pytest.fixture
def changes(app: Flask) -> Changes:
    """All that was kept, in the order in which it came."""

    def read() -> list[MembershipChange]:
        with app.app_context():
            return list(db.session.scalars(select(MembershipChange).order_by(MembershipChange.id)))

    return read
