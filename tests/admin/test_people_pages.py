"""A person's page: role, programmes, sessions, and being put out at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Happening, History, Product, Programme, Role, User
from portal.people.password_reset import reset_link
from tests.account.test_account import statuses_of
from tests.callers import Api
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import PASSWORD, make_programme
from tests.pages import Page, Reader, words
from tests.queries import queries_of

Make = Callable[..., Programme]


def test_the_list_leads_to_the_page_and_the_page_tells_all(admin: Reader, cast: Cast, make: Make) -> None:
    make(), make()

    assert place(cast.owner) in admin.get("/admin/people").links()
    page = admin.get(place(cast.owner))

    assert (page.status, page.heading) == (200, "Olive Owner")
    for told in ("E-mail olive-owner@example.com", "Not a member", "2 programmes.", "Not signed in anywhere."):
        assert told in page.text
    assert words(page.one("select option[selected]")) == "Coach"


@pytest.mark.parametrize("number", ["0", "999999", str(2**63), str(2**70)])
def test_nobody_is_not_found(admin: Reader, number: str) -> None:
    assert admin.get(f"/admin/people/{number}").status == 404
    assert admin.post(f"/admin/people/{number}/deactivation").status == 404


ACTIONS = ("role", "deactivation", "activation", "sign-out", "handover")


@pytest.mark.parametrize("who", ["owner", "viewer"])
def test_for_everybody_else_there_is_nothing_here(app: Flask, cast: Cast, who: str) -> None:
    reader = Reader(app, cast[who])
    reader.get("/account")

    assert reader.get(place(cast.owner)).status == 404
    for action in ACTIONS:
        assert reader.post(f"{place(cast.owner)}/{action}", role="ADMIN").status == 404
    assert person(app, cast.owner).role is Role.COACH


def test_deactivation_ends_session_access_token_refresh_token_and_reset_link_at_once(
    app: Flask, admin: Reader, cast: Cast, api: Api
) -> None:
    coach, pair = Reader(app, cast.owner), api.new_pair("owner")
    with app.app_context():
        link = urlsplit(reset_link(cast.owner, NOON)).path
    assert coach.get("/coach/").status == 200
    assert Reader(app).get(link).status == 200

    page = act(admin, cast.owner, "deactivation")

    assert "Olive Owner is out: every session has ended, every token is void." in page.text
    assert coach.get("/coach/").location == "/auth/sign-in?next=/coach/"
    assert statuses_of(api, pair) == [401, 401]
    assert Reader(app).get(link).status == 404
    again = Reader(app)
    again.get("/auth/sign-in")
    assert again.post("/auth/sign-in", email=cast.owner.email, password=PASSWORD).status == 422
    credentials = {"email": cast.owner.email, "password": PASSWORD}
    assert api.post("/auth/token", credentials, by=None).status_code == 401


def test_after_activation_one_signs_in_anew_and_what_had_ended_stays_ended(
    app: Flask, admin: Reader, cast: Cast, api: Api
) -> None:
    coach, pair = Reader(app, cast.owner), api.new_pair("owner")
    act(admin, cast.owner, "deactivation")

    assert "Olive Owner can sign in again." in act(admin, cast.owner, "activation").text

    assert coach.get("/coach/").status == 302
    assert statuses_of(api, pair) == [401, 401]
    assert Reader(app, cast.owner).get("/coach/").status == 200
    assert statuses_of(api, api.new_pair("owner")) == [200, 200]


def test_nobody_deactivates_themselves(app: Flask, admin: Reader, cast: Cast) -> None:
    add_admin(app, cast.viewer)

    page = act(admin, cast.admin, "deactivation", status=409)

    assert words(page.one(".flash-error")) == "This is your own account. Another administrator can deactivate it."
    assert not page.all("form[action$=deactivation]")
    assert person(app, cast.admin).is_enabled


@pytest.mark.parametrize("role", ["COACH", "VIEWER"])
def test_the_last_active_admin_stays_one(app: Flask, admin: Reader, cast: Cast, role: str) -> None:
    page = act(admin, cast.admin, "role", status=409, role=role)

    assert page.error_beside("Role") == "This is the only active administrator. Make somebody else one first."
    assert person(app, cast.admin).role is Role.ADMIN


def test_an_admin_who_is_disabled_does_not_count(app: Flask, admin: Reader, cast: Cast) -> None:
    add_admin(app, cast.viewer)
    act(admin, cast.viewer, "deactivation")

    act(admin, cast.admin, "role", status=409, role="COACH")
    act(admin, cast.viewer, "activation")
    assert act(admin, cast.admin, "role", role="COACH").heading == "Your account"
    assert admin.get("/admin/").status == 404


def test_two_admins_can_t_put_out_each_other_at_the_same_moment(app: Flask, admin: Reader, cast: Cast) -> None:
    add_admin(app, cast.viewer)
    rival = Reader(app, cast.viewer)
    wanted = ((admin, cast.viewer), (rival, cast.admin))
    for reader, victim in wanted:
        reader.get(place(victim))

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(reader.post, f"{place(victim)}/deactivation") for reader, victim in wanted]
        statuses = [answer.result(timeout=30).status for answer in answers]

    assert statuses.count(303) == 1, statuses
    assert [person(app, user).is_enabled for user in (cast.admin, cast.viewer)].count(True) == 1


@pytest.mark.parametrize("role", list(Role))
def test_a_new_role_holds_at_once_and_voids_tokens(app: Flask, admin: Reader, cast: Cast, api: Api, role: Role) -> None:
    reader, pair = Reader(app, cast.owner), api.new_pair("owner")

    act(admin, cast.owner, "role", role=role.value)

    expected = 200 if role is Role.COACH else 401
    assert statuses_of(api, pair) == [expected, expected]
    assert reader.get("/coach/").status == (404 if role is Role.VIEWER else 200)
    assert reader.get("/admin/").status == (200 if role is Role.ADMIN else 404)


@pytest.mark.parametrize("role", ["", "KING", "admin"])
def test_a_role_has_to_be_one_of_the_three(app: Flask, admin: Reader, cast: Cast, role: str) -> None:
    page = act(admin, cast.owner, "role", status=422, role=role)

    assert page.error_beside("Role") == "Choose one from the list."


def test_the_role_of_the_provider_s_people_is_not_changed_here(app: Flask, admin: Reader, cast: Cast) -> None:
    change(app, cast.owner, external_subject="https://id.example.com 5")

    page = admin.get(place(cast.owner))
    assert "It comes from the identity provider" in page.text
    assert not page.all("form[action$=role]")
    act(admin, cast.owner, "role", status=409, role="ADMIN")
    assert person(app, cast.owner).role is Role.COACH


def test_a_coach_made_a_viewer_keeps_programmes_without_editing_them_until_they_are_handed_over(
    app: Flask, admin: Reader, cast: Cast, make: Make
) -> None:
    programme = make(title="Breathing")
    studio = f"/coach/programmes/{programme.product_id}"
    former, taker = Reader(app, cast.owner), Reader(app, cast.other_coach)

    page = act(admin, cast.owner, "role", role="VIEWER")
    assert "1 programme. Nobody but administrators can edit it now: hand it over to another coach." in page.text
    assert (former.get(studio).status, taker.get(studio).status) == (404, 404)

    page = act(admin, cast.owner, "handover", hand_over_to=" OSCAR-other@example.com ")
    assert "1 programme was handed over to Oscar Other." in page.text
    assert (former.get(studio).status, taker.get(studio).status) == (404, 200)


def test_programmes_can_be_handed_over_while_deactivating(app: Flask, admin: Reader, cast: Cast, make: Make) -> None:
    made = [make(), make(), make(deleted_at=NOON, is_published=False)]
    foreign = foreign_programme(app, cast.admin)

    page = act(admin, cast.owner, "deactivation", status=303, **{"leaving-hand_over_to": cast.other_coach.email})

    assert "3 programmes were handed over to Oscar Other." in page.text
    assert "None." in page.text
    with app.app_context():
        owners = dict(iter(db.session.execute(select(Product.id, Product.owner_id))))
        published = set(db.session.scalars(select(Programme.product_id).where(Programme.is_published)))
        told = db.session.execute(
            select(History.product_id, History.kind, History.actor_id, History.from_status, History.why)
        ).all()
    ids = {each.product_id for each in made}
    assert owners == {**dict.fromkeys(ids, cast.other_coach.id), foreign: cast.admin.id}
    assert {each.product_id for each in made[:2]} <= published
    assert {row.product_id for row in told} == ids
    assert {tuple(row)[1:] for row in told} == {
        (Happening.EDIT, cast.admin.id, made[0].status, "Olive Owner’s programmes were handed over to Oscar Other.")
    }


TAKERS = {
    "": "Enter the e-mail of the coach who takes them.",
    "nobody@example.com": "Nobody has this address.",
    "nobody@example.com\u0000": "Nobody has this address.",
    "x" * 300: "Nobody has this address.",
    "olive-owner@example.com": "This is the person who gives them away.",
    "vera-viewer@example.com": "This is not an active coach or administrator.",
    "oscar-other@example.com": "This is not an active coach or administrator.",  # disabled by then
}


def test_only_somebody_who_can_edit_them_takes_programmes(app: Flask, admin: Reader, cast: Cast, make: Make) -> None:
    programme = make()
    change(app, cast.other_coach, is_enabled=False)

    for address, refusal in TAKERS.items():
        page = act(admin, cast.owner, "handover", status=422, hand_over_to=address)
        assert page.error_beside("Hand over to") == refusal, address
        if address:
            page = act(admin, cast.owner, "deactivation", status=422, **{"leaving-hand_over_to": address})
            assert page.error_beside("Hand programmes over to") == refusal, address
    assert person(app, cast.owner).is_enabled
    with app.app_context():
        assert db.session.get_one(Product, programme.product_id).owner_id == cast.owner.id


def test_an_admin_signs_somebody_out_everywhere(app: Flask, admin: Reader, cast: Cast, api: Api) -> None:
    first, second, pair = Reader(app, cast.viewer), Reader(app, cast.viewer), api.new_pair("viewer")
    assert "Signed in on 2 browsers." in admin.get(place(cast.viewer)).text

    page = act(admin, cast.viewer, "sign-out")

    assert "Not signed in anywhere." in page.text
    assert [one.get("/").status for one in (first, second, admin)] == [302, 302, 200]
    assert statuses_of(api, pair) == [401, 401]


def test_on_their_own_page_an_admin_stays_signed_in_here(app: Flask, admin: Reader, cast: Cast) -> None:
    other = Reader(app, cast.admin)

    act(admin, cast.admin, "sign-out")

    assert (admin.get("/admin/").status, other.get("/admin/").status) == (200, 302)


@pytest.mark.parametrize("count", [1, 30])
def test_handing_over_costs_the_same_however_many_programmes_there_are(
    app: Flask, admin: Reader, cast: Cast, make: Make, count: int
) -> None:
    for _ in range(count):
        make()
    admin.get(place(cast.owner))

    with queries_of(app) as sent:
        admin.post(f"{place(cast.owner)}/handover", hand_over_to=cast.other_coach.email)

    assert len(sent) == 7, sent


def test_the_page_costs_four_queries(app: Flask, admin: Reader, cast: Cast) -> None:
    with queries_of(app) as sent:
        admin.get(place(cast.owner))

    assert len(sent) == 4, sent


def place(user: User) -> str:
    return f"/admin/people/{user.id}"


def act(admin: Reader, user: User, action: str, *, status: int = 303, **fields: str) -> Page:
    """Send one of the page's forms; the page that follows, or the one that refuses."""
    admin.get(place(user))
    answer = admin.post(f"{place(user)}/{action}", **fields)
    assert answer.status == status, answer.text
    return admin.get(str(answer.location)) if status == 303 else answer


def person(app: Flask, user: User) -> User:
    with app.app_context():
        return db.session.get_one(User, user.id)


def change(app: Flask, user: User, **values: Any) -> None:
    with app.app_context():
        row = db.session.get_one(User, user.id)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()


def add_admin(app: Flask, user: User) -> None:
    change(app, user, role=Role.ADMIN)


def foreign_programme(app: Flask, owner: User) -> Any:
    with app.app_context():
        programme = make_programme(owner)
        db.session.commit()
        return programme.product_id
