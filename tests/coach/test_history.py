"""The history of a programme: what happened, who did it and when, and from where Mux's events are reached."""

import json
from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.lifecycle.moves import note
from portal.models import Happening, Programme, User, WebhookEvent
from tests.clock import NOON
from tests.coach.conftest import Make
from tests.conftest import Cast
from tests.pages import Reader, words
from tests.queries import queries_of

Write = Callable[..., None]


def test_the_programme_s_page_shows_the_newest_five_and_leads_to_all(owner: Reader, make: Make, write: Write) -> None:
    programme = make()
    write(programme, *(f"Happening {number}." for number in range(7)))

    page = owner.get(address(programme))

    assert [words(line) for line in page.all("#history li > p:last-child")] == [
        f"Happening {number}." for number in (6, 5, 4, 3, 2)
    ]
    link = page.one("#history a[href$=history]")
    assert words(link) == "All of its history"
    assert len(owner.get(str(link["href"])).all(".history li")) == 7


@pytest.mark.parametrize(
    ("kind", "by_person", "badge", "who"),
    [
        (Happening.STATE, True, "State", "Olive Owner"),
        (Happening.STATE, False, "State", "Mux"),
        (Happening.ATTEMPT, True, "Upload", "Olive Owner"),
        (Happening.ATTEMPT, False, "Upload", "Mux"),
        (Happening.EVENT, False, "Word from Mux", "Mux"),
        (Happening.EDIT, True, "Edit", "Olive Owner"),
        (Happening.EDIT, False, "Edit", "Somebody whose account is gone"),
        (Happening.NOTICE, False, "Notice", "The portal"),
    ],
)
def test_each_kind_has_its_badge_and_its_maker(
    owner: Reader, make: Make, write: Write, cast: Cast, *, kind: Happening, by_person: bool, badge: str, who: str
) -> None:
    programme = make()
    write(programme, kind=kind, by=cast.owner if by_person else None)

    for place in ("", "/history"):
        line = words(owner.get(address(programme, place)).one(".history li"))
        assert line.startswith(f"{badge} 2 March 2026, 12:00 UTC {who}")


def test_an_edit_and_a_replacement_are_told(owner: Reader, make: Make) -> None:
    programme = make(title="Before")
    owner.get(address(programme))
    owner.post(address(programme), title="After", is_premium="y")
    owner.post(address(programme, "/replacement"))
    owner.post(address(programme), title="After", is_premium="y")  # nothing new

    lines = [words(line) for line in owner.get(address(programme, "/history")).all(".history li > p:last-child")]

    assert lines == [
        "A new video is to take the place of the old one.",
        "The title was changed from “Before” to “After”. It became premium.",
    ]


def test_admins_get_from_a_line_to_mux_s_event_while_it_is_kept(
    app: Flask, owner: Reader, cast: Cast, make: Make, write: Write
) -> None:
    programme = make()
    write(programme, mux_event_id="ev-gone")
    write(programme, mux_event_id="ev-kept")
    event_id = keep_event(app, "ev-kept")
    admin = Reader(app, cast.admin)

    for place in ("", "/history"):
        links = [link for link in admin.get(address(programme, place)).links() if "/admin/webhooks/" in link]
        assert links == [f"/admin/webhooks/{event_id}"]
        assert not [link for link in owner.get(address(programme, place)).links() if "/admin/" in link]
    assert admin.get(links[0]).status == 200


def test_a_long_history_is_paged_newest_first(owner: Reader, make: Make, write: Write) -> None:
    programme = make()
    write(programme, *(f"Happening {number}." for number in range(120)))

    place, read = address(programme, "/history"), []
    while place:
        page = owner.get(place)
        read += [words(line) for line in page.all(".history li > p:last-child")]
        place = str(page.one("a[rel=next]")["href"]) if page.all("a[rel=next]") else ""

    assert read == [f"Happening {number}." for number in reversed(range(120))]
    assert "The history ends here" in owner.get(address(programme, "/history?cursor=1")).text
    for broken in ("x", "0", "-1", "9" * 30):
        assert len(owner.get(address(programme, f"/history?cursor={broken}")).all(".history li")) == 50


def test_strangers_find_no_history(app: Flask, cast: Cast, make: Make) -> None:
    programme = make()
    for person in ("other_coach", "viewer", "member"):
        assert Reader(app, cast[person]).get(address(programme, "/history")).status == 404


@pytest.mark.parametrize("count", [1, 30])
def test_the_pages_cost_the_same_however_much_happened(
    app: Flask, cast: Cast, make: Make, write: Write, count: int
) -> None:
    programme = make()
    for number in range(count):
        write(programme, by=cast.owner if number % 2 else cast.other_coach, mux_event_id=f"ev-{number}")
        keep_event(app, f"ev-{number}")
    admin = Reader(app, cast.admin)

    with queries_of(app) as of_history:
        admin.get(address(programme, "/history"))
    with queries_of(app) as of_page:
        admin.get(address(programme))

    assert len(of_history) == 3, of_history  # the account, the programme, and its history
    assert len(of_page) == 4, of_page  # and its attempt


def address(programme: Programme, rest: str = "") -> str:
    return f"/coach/programmes/{programme.product_id}{rest}"


def keep_event(app: Flask, mux_event_id: str) -> int:
    with app.app_context():
        event = WebhookEvent(
            mux_event_id=mux_event_id, type="video.asset.ready", payload=json.dumps({}), received_at=NOON
        )
        db.session.add(event)
        db.session.commit()
        return event.id


@pytest.fixture
def write(app: Flask) -> Write:
    """Write lines into a programme's history."""

    def write_one(
        programme: Programme,
        *lines: str,
        kind: Happening = Happening.STATE,
        by: User | None = None,
        mux_event_id: str | None = None,
    ) -> None:
        with app.app_context():
            for why in lines or ("It happened.",):
                note(programme, kind, why, at=NOON, actor=by, mux_event_id=mux_event_id)
                db.session.flush()
            db.session.commit()

    return write_one
