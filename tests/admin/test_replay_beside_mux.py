"""An event that is replayed while Mux delivers it again: neither stands in the other's way, and it is applied once."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.lifecycle.ledger import Ledger
from portal.models import Happening, History, Notice, Outcome, Status
from tests.admin.conftest import MakeEvent
from tests.browser.stack import eventually
from tests.pages import Reader, words
from tests.waiting import somebody_waits
from tests.webhooks.conftest import Webhook
from tests.webhooks.mux_events import asset, event

READY = event("video.asset.ready", asset("ready"), event_id="event-1")

Act = Callable[[], None]
Meet = Callable[[Act, Act], None]


def test_mux_that_delivers_it_during_a_replay_is_told_what_came_of_that(desk: "Desk", meet: Meet) -> None:
    desk.webhook.programme(Status.PROCESSING)

    meet(desk.replay, desk.deliver)

    assert desk.outcomes == ["applied"]
    assert desk.told() == "Replayed. Applied: The programme is ready."
    desk.assert_applied_once()


def test_who_replays_it_during_a_delivery_is_told_that_it_was_dealt_with(desk: "Desk", meet: Meet) -> None:
    """They used to lock the event and its programme in opposite order, and PostgreSQL ended one of them."""
    desk.webhook.programme(Status.PROCESSING)

    meet(desk.deliver, desk.replay)

    assert desk.outcomes == ["applied"]
    assert desk.told() == "Nothing was changed: it had been dealt with before."
    desk.assert_applied_once()


def test_what_mux_delivers_during_a_replay_of_all_that_failed_is_not_counted_there(desk: "Desk", meet: Meet) -> None:
    desk.webhook.programme(Status.PROCESSING)

    meet(desk.deliver, desk.replay_all_failed)

    assert desk.outcomes == ["applied"]
    assert desk.told().startswith("There was nothing to replay")
    desk.assert_applied_once()


@pytest.mark.parametrize("order", [("replay", "deliver"), ("deliver", "replay")], ids=" beside ".join)
def test_neither_fails_where_the_event_names_no_programme(desk: "Desk", meet: Meet, order: tuple[str, str]) -> None:
    first, other = (getattr(desk, name) for name in order)

    meet(first, other)

    assert desk.outcomes == ["unknown_programme"]
    assert desk.told().endswith("No programme of ours is named.")
    (row,) = desk.webhook.kept()
    assert (row.outcome, row.error) == (Outcome.UNKNOWN_PROGRAMME, None)


class Desk:
    """An administrator with the page of an event that has failed, and Mux, which tries again."""

    def __init__(self, app: Flask, admin: Reader, webhook: Webhook, number: int) -> None:
        self.webhook, self.outcomes = webhook, list[str]()
        self._app, self._admin, self._page = app, admin, f"/admin/webhooks/{number}"
        admin.get(self._page)  # which is open before anything happens

    def replay(self) -> None:
        assert self._admin.post(f"{self._page}/replays").status == 303

    def replay_all_failed(self) -> None:
        assert self._admin.post("/admin/webhooks/replays").status == 303

    def deliver(self) -> None:
        self.outcomes.append(self.webhook.outcome(READY))

    def told(self) -> str:
        """What the page says next."""
        return words(self._admin.get(self._page).one(".flash"))

    def assert_applied_once(self) -> None:
        (row,) = self.webhook.kept()
        assert (row.outcome, row.tries, row.error) == (Outcome.APPLIED, 2, None)
        assert self.webhook.count(Notice) == 1
        with self._app.app_context():
            moves = select(func.count()).where(History.kind == Happening.STATE, History.to_status == Status.READY)
            assert db.session.scalar(moves) == 1


@pytest.fixture
def desk(app: Flask, admin: Reader, webhook: Webhook, make_event: MakeEvent) -> Desk:
    return Desk(app, admin, webhook, make_event(outcome=Outcome.FAILED, payload=READY.decode()))


@pytest.fixture
def meet(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Meet:
    """Do the first up to where it writes, the other as far as it gets beside that, and then both to the end."""
    with app.app_context():
        engine = db.engine
    write = Ledger.write

    def meet_at_writing(first: Act, other: Act) -> None:
        others = list[Future[None]]()

        def write_once_the_other_waits(*arguments: object) -> None:
            if not others:
                others.append(pool.submit(other))
                eventually(lambda: others[0].done() or somebody_waits(engine))
            write(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(Ledger, "write", write_once_the_other_waits)
        with ThreadPoolExecutor(1) as pool:
            first()
        others[0].result()

    return meet_at_writing
