"""Two at the same moment: an address becomes one account, and the last administrators do not leave together."""

import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Role, User
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.pages import Reader
from tests.people.conftest import Postman, change

NEW = "nora@example.com"


def test_two_registrations_of_one_address_make_one_account(app: Flask, stranger: Reader, postman: Postman) -> None:
    links = []
    for number in range(2):
        password = f"seven quiet herons {number}"
        stranger.post("/auth/register", name=f"Nora {number}", email=NEW, password=password)
        links.append(postman.link_to(NEW))

    statuses = at_once([confirm(app, link) for link in links])

    assert sorted(statuses) == [303, 404]
    assert people(app, User.email == NEW) == 1


def test_one_registration_confirmed_twice_makes_one_account(app: Flask, stranger: Reader, postman: Postman) -> None:
    stranger.post("/auth/register", name="Nora", email=NEW, password="seven quiet herons")
    link = postman.link_to(NEW)

    statuses = at_once([confirm(app, link), confirm(app, link)])

    assert sorted(statuses) == [303, 404]
    assert people(app, User.email == NEW) == 1


def test_of_two_accounts_that_want_one_address_one_gets_it(app: Flask, cast: Cast, postman: Postman) -> None:
    links = []
    for user in (cast.owner, cast.viewer):
        reader = Reader(app, user)
        reader.get("/account/email")
        reader.post("/account/email", email=NEW, password=PASSWORD)
        links.append(postman.link_to(NEW))

    statuses = at_once([confirm(app, link) for link in links])

    assert sorted(statuses) == [303, 404]
    assert people(app, User.email == NEW) == 1


def test_of_all_ways_to_one_address_one_leads_to_it(app: Flask, cast: Cast, stranger: Reader, postman: Postman) -> None:
    admin, owner = Reader(app, cast.admin), Reader(app, cast.owner)
    admin.get("/admin/invitations")
    admin.post("/admin/invitations", email=NEW, role="COACH")
    calls = [confirm(app, postman.link_to(NEW), name="Nora", password="seven quiet herons")]
    stranger.post("/auth/register", name="Nora", email=NEW, password="seven quiet herons")
    calls.append(confirm(app, postman.link_to(NEW)))
    owner.get("/account/email")
    owner.post("/account/email", email=NEW, password=PASSWORD)
    calls.append(confirm(app, postman.link_to(NEW)))

    statuses = at_once(calls)

    assert sorted(statuses) == [303, 404, 404]
    assert people(app, User.email == NEW) == 1


def test_the_last_two_administrators_do_not_leave_together(app: Flask, cast: Cast) -> None:
    change(app, cast.viewer, role=Role.ADMIN)

    def leave(reader: Reader) -> Callable[[], int]:
        reader.get("/account/deletion")
        return lambda: reader.post("/account/deletion", password=PASSWORD).status

    statuses = at_once([leave(Reader(app, user)) for user in (cast.admin, cast.viewer)])

    assert sorted(statuses) == [303, 409]
    assert people(app, User.role == Role.ADMIN) == 1


def confirm(app: Flask, link: str, **fields: str) -> Callable[[], int]:
    reader = Reader(app)
    reader.get(link)
    return lambda: reader.post(link, **fields).status


def at_once(calls: list[Callable[[], int]]) -> list[int]:
    start, results = threading.Barrier(len(calls)), []

    def run(call: Callable[[], int]) -> None:
        start.wait()
        results.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def people(app: Flask, which: object) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(User).where(which)) or 0  # type: ignore[arg-type]
