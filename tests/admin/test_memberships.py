"""A person's membership as an administrator gives it and takes it away, and the page that keeps why."""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import MembershipChange, Programme, ProgrammeGrant, User
from tests.clock import NOON
from tests.conftest import Cast
from tests.pages import Page, Reader, words
from tests.queries import queries_of

Make = Callable[..., Programme]

NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
UNKNOWN = "0b7c8f0e-1111-4222-8333-444455556666"


def test_the_person_s_page_and_the_list_of_people_lead_here(desk: "Desk", cast: Cast) -> None:
    page = desk.admin.get(f"/admin/people/{cast.viewer.id}")

    assert "Not a member" in page.text
    assert desk.place in page.links()
    assert desk.page().heading == "Membership of Vera Viewer"
    assert "/admin/memberships" in desk.admin.get("/admin/people").links()


def test_membership_lasts_to_the_end_of_the_day_and_the_reason_is_kept(desk: "Desk") -> None:
    answer = desk.set(until="2026-12-31", reason="  Paid \t in cash ")

    assert (answer.status, answer.location) == (303, desk.place)
    assert desk.person().member_until == NEW_YEARS_EVE
    page = desk.page()
    assert "Vera Viewer is a premium member until the end of 2026-12-31." in page.text
    assert page.field("Premium until")["value"] == "2026-12-31"
    (change,) = changes_on(page)
    assert change.startswith("Premium Then: until 31 December 2026, 23:59 UTC Before: none Paid in cash 2 March 2026")
    assert change.endswith("Ada Admin on this page")


def test_it_can_end_now_and_asks_for_no_day_then(desk: "Desk") -> None:
    desk.set(until="2026-12-31")

    desk.set(end="1", until="noise", reason="Refunded")

    assert desk.person().member_until is None
    assert "Vera Viewer is no premium member now." in (page := desk.page()).text
    assert len(changes_on(page)) == 2
    assert not page.all("button[name=end]")


def test_a_membership_that_is_over_is_told_from_one_that_runs(app: Flask, desk: "Desk", cast: Cast) -> None:
    with app.app_context():
        db.session.get_one(User, cast.viewer.id).member_until = NOON
        db.session.commit()

    assert "Not a member: it ended 2 March 2026, 12:00 UTC" in desk.page().text


def test_what_is_so_already_is_not_kept_twice(desk: "Desk") -> None:
    desk.set(until="2026-12-31")
    desk.page()
    desk.set(until="2026-12-31")

    page = desk.page()
    assert "Nothing was changed: it was so already." in page.text
    assert len(changes_on(page)) == 1


@pytest.mark.parametrize(
    ("sent", "label", "told"),
    [
        ({"until": ""}, "Premium until", "Write the day as year-month-day, like 2026-12-31."),
        ({"until": "31.12.2026"}, "Premium until", "Write the day as year-month-day, like 2026-12-31."),
        ({"until": "2026-02-30"}, "Premium until", "Write the day as year-month-day, like 2026-12-31."),
        ({"until": "=1+1"}, "Premium until", "Write the day as year-month-day, like 2026-12-31."),
        ({"until": "2026-03-01"}, "Premium until", "This is over already."),
        ({"until": "3000-01-01"}, "Premium until", "Use a year between 2000 and 2999."),
        ({"reason": " "}, "Reason", "Give a reason. It is kept with the change."),
        ({"reason": "x" * 501}, "Reason", "Use 500 characters at the most; this reason has 501."),
        ({"reason": "a\x00b"}, "Reason", "Remove the characters that can’t be shown."),
        ({"reason": "", "end": "1"}, "Reason", "Give a reason. It is kept with the change."),
    ],
)
def test_what_can_t_be_kept_is_said_beside_its_field(desk: "Desk", sent: dict[str, str], label: str, told: str) -> None:
    page = desk.set(**sent)

    assert (page.status, page.error_beside(label)) == (422, told)
    assert (desk.person().member_until, changes_on(desk.page())) == (None, [])


@pytest.mark.parametrize("named", ["{id}", "http://portal.test/watch/{id}", "breathing well", "BREATHING"])
def test_a_programme_is_granted_by_id_address_or_words_of_its_title(desk: "Desk", make: Make, named: str) -> None:
    make(title="Something else")
    programme = make(title="Breathing well")

    answer = desk.grant(programme=named.format(id=programme.product_id), until="2026-12-31")

    assert answer.status == 303
    (grant,) = desk.grants()
    assert (grant.product_id, grant.until) == (programme.product_id, NEW_YEARS_EVE)
    assert "Vera Viewer may watch “Breathing well”." in desk.page().text


def test_of_several_that_fit_one_is_chosen(desk: "Desk", make: Make) -> None:
    wanted, _ = make(title="Breathing well"), make(title="Breathing deep")

    page = desk.grant(programme="breathing")
    assert (page.status, page.error_beside("Programme")) == (
        422,
        "Several programmes fit. Choose one below, or use more words.",
    )
    assert {words(choice) for choice in page.all(".choice")} == {
        "Breathing well, Olive Owner",
        "Breathing deep, Olive Owner",
    }
    desk.grant(programme="breathing", product_id=str(wanted.product_id))

    assert [grant.product_id for grant in desk.grants()] == [wanted.product_id]


def test_a_grant_without_a_day_has_no_end_and_a_second_one_sets_another(desk: "Desk", make: Make) -> None:
    product_id = str(make(title="Breathing").product_id)

    desk.grant(programme=product_id)
    desk.grant(programme=product_id, until="2026-12-31")

    assert [grant.until for grant in desk.grants()] == [NEW_YEARS_EVE]
    newest, oldest = changes_on(desk.page())
    assert newest.startswith("Breathing Then: until 31 December 2026, 23:59 UTC Before: without an end")
    assert oldest.startswith("Breathing Then: without an end Before: none")


@pytest.mark.parametrize(
    ("sent", "label", "told"),
    [
        ({"programme": ""}, "Programme", "Enter words of its title, its id, or its address."),
        ({"programme": "x" * 256}, "Programme", "Enter words of its title, its id, or its address."),
        ({"programme": "a\x00b"}, "Programme", "Remove the characters that can’t be shown."),
        ({"programme": "nothing like it"}, "Programme", "No programme has these words in its title."),
        ({"programme": UNKNOWN}, "Programme", "There is no programme with this id."),
        ({"programme": "x", "product_id": UNKNOWN}, "Programme", "There is no programme with this id."),
        ({"until": "2026-03-01"}, "Until", "This is over already."),
        ({"until": "soon"}, "Until", "Write the day as year-month-day, like 2026-12-31."),
        ({"reason": ""}, "Reason for it", "Give a reason. It is kept with the change."),
    ],
)
def test_what_can_t_be_granted_is_said_beside_its_field(
    desk: "Desk", make: Make, sent: dict[str, str], label: str, told: str
) -> None:
    make(title="Breathing")

    page = desk.grant(**{"programme": "breathing", **sent})

    assert (page.status, page.error_beside(label)) == (422, told)
    assert desk.grants() == []


def test_a_deleted_programme_can_t_be_granted(desk: "Desk", make: Make) -> None:
    product_id = str(make(is_published=False, deleted_at=NOON).product_id)

    assert desk.grant(programme=product_id).error_beside("Programme") == "There is no programme with this id."


def test_a_grant_is_taken_away_with_a_reason_after_a_question(desk: "Desk", make: Make) -> None:
    programme = make(title="Breathing")
    desk.grant(programme=str(programme.product_id))
    place = f"/admin/people/{desk.person().id}/grants/{programme.product_id}/revocation"
    assert place in desk.page().links()

    asked = desk.admin.get(place)
    refused = desk.admin.post(place, reason="")
    answer = desk.admin.post(place, reason="Refunded")

    assert "Granted to Vera Viewer without an end." in asked.text
    assert (refused.status, refused.error_beside("Reason")) == (422, "Give a reason. It is kept with the change.")
    assert (answer.status, answer.location, desk.grants()) == (303, desk.place, [])
    assert changes_on(desk.page())[0].startswith("Breathing Then: none Before: without an end Refunded")
    assert desk.admin.get(place).status == 404


def test_a_grant_outlives_its_programme_until_it_is_taken_away(app: Flask, desk: "Desk", make: Make) -> None:
    programme = make(title="Breathing")
    desk.grant(programme=str(programme.product_id))
    with app.app_context():
        db.session.delete(db.session.get_one(Programme, programme.product_id))
        db.session.commit()

    page = desk.page()
    assert [words(title) for title in page.all(".row-name")] == ["A programme that is gone"] * 2
    desk.admin.post(f"/admin/people/{desk.person().id}/grants/{programme.product_id}/revocation", reason="Gone")

    assert desk.grants() == []


@pytest.mark.parametrize("number", ["0", "999", "9" * 30])
def test_nobody_is_not_found(admin: Reader, number: str) -> None:
    for path in ("membership", f"grants/{UNKNOWN}/revocation"):
        assert admin.get(f"/admin/people/{number}/{path}").status == 404
        assert admin.post(f"/admin/people/{number}/{path}", until="2026-12-31", reason="x").status == 404
    assert admin.post(f"/admin/people/{number}/grants").status == 404


@pytest.mark.parametrize("who", ["owner", "viewer", "member"])
def test_for_everybody_else_there_is_nothing_here(app: Flask, cast: Cast, who: str) -> None:
    reader = Reader(app, cast[who])

    for path in (f"people/{cast.viewer.id}/membership", "memberships", "memberships/1"):
        assert reader.get(f"/admin/{path}").status == 404
    assert reader.post(f"/admin/people/{cast.viewer.id}/membership", until="2026-12-31", reason="x").status == 404
    assert reader.post("/admin/memberships", text="email,until,reason").status == 404


def test_an_administrator_gives_to_themselves_like_to_others(app: Flask, admin: Reader, cast: Cast) -> None:
    place = f"/admin/people/{cast.admin.id}/membership"
    admin.get(place)

    assert admin.post(place, until="", reason="").status == 422
    assert admin.post(place, until="2026-12-31", reason="Mine").status == 303
    assert "Ada Admin is a premium member until the end of 2026-12-31." in admin.get(place).text


def test_changes_are_paged_newest_first(app: Flask, desk: "Desk", cast: Cast) -> None:
    keep_changes(app, cast, 30)

    first = desk.page()
    second = desk.admin.get(str(first.one("a[rel=next]")["href"]))
    over = desk.admin.get(f"{desk.place}?cursor=1")

    shown = re.findall(r"Order-\d+", " ".join(changes_on(first) + changes_on(second)))
    assert shown == [f"Order-{number}" for number in reversed(range(30))]
    assert desk.place in over.links()
    assert "Reference ref-29" in first.text


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_four_queries_however_long_its_lists_are(
    app: Flask, desk: "Desk", cast: Cast, make: Make, count: int
) -> None:
    keep_changes(app, cast, count)
    with app.app_context():
        grants = [ProgrammeGrant(user_id=cast.viewer.id, product_id=make().product_id) for _ in range(count)]
        db.session.add_all(grants)
        db.session.commit()

    with queries_of(app) as sent:
        desk.page()

    assert len(sent) == 4, sent  # who asks, the person, the grants, the changes


class Desk:
    """The administrator at Vera's membership."""

    def __init__(self, app: Flask, admin: Reader, viewer: User) -> None:
        self.app, self.admin, self.viewer = app, admin, viewer
        self.place = f"/admin/people/{viewer.id}/membership"
        self.page()

    def page(self) -> Page:
        return self.admin.get(self.place)

    def set(self, **sent: str) -> Page:
        return self.admin.post(self.place, **{"until": "2026-12-31", "reason": "Order 17", **sent})

    def grant(self, **sent: str) -> Page:
        fields = {f"grant-{name}": value for name, value in {"until": "", "reason": "Won it", **sent}.items()}
        return self.admin.post(f"/admin/people/{self.viewer.id}/grants", **fields)

    def person(self) -> User:
        with self.app.app_context():
            return db.session.get_one(User, self.viewer.id)

    def grants(self) -> list[ProgrammeGrant]:
        with self.app.app_context():
            return list(db.session.scalars(select(ProgrammeGrant).order_by(ProgrammeGrant.id)))


@pytest.fixture
def desk(app: Flask, admin: Reader, cast: Cast) -> Desk:
    return Desk(app, admin, cast.viewer)


def changes_on(page: Page) -> list[str]:
    return [words(row) for row in page.all("section[aria-labelledby=changes-heading] .row")]


def keep_changes(app: Flask, cast: Cast, count: int) -> None:
    values: dict[str, Any] = {"was_held": True, "is_held": True, "source": "api", "at": NOON}
    with app.app_context():
        for number in range(count):
            until = NOON + timedelta(days=number)
            db.session.add(
                MembershipChange(
                    user_id=cast.viewer.id,
                    by_id=cast.admin.id,
                    product_id=uuid.uuid4() if number % 2 else None,
                    was_until=until,
                    until=until + timedelta(days=1),
                    reason=f"Order-{number}",
                    reference=f"ref-{number}",
                    **values,
                )
            )
        db.session.commit()
