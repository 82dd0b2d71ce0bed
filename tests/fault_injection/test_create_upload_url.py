"""create-upload-url, stopped at each commit point and beside each call to Mux: the client's repeat finishes the job."""

from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Programme
from portal.mux.gateway import MuxError, Trouble
from tests.fault_injection.client import Client
from tests.fault_injection.conftest import PowerCuts
from tests.mux_double import MuxDouble

POINTS = [
    *("commit 1", "committed 1"),
    *("asking Mux to create_upload 1", "Mux did create_upload 1"),
    *("commit 2", "committed 2"),
]
POINTS_OF_A_REFUSAL = ["commit 1", "committed 1", "asking Mux to create_upload 1", "commit 2", "committed 2"]


def test_a_repeat_under_the_same_key_finishes_the_job_wherever_the_process_was_stopped(
    cuts: PowerCuts, client: Client, mux: MuxDouble
) -> None:
    assert cuts.rehearse(lambda: client.ask("key-1")) == POINTS
    undisturbed = cuts.kept()
    assert [len(undisturbed[table]) for table in ("product", "programme", "upload", "history")] == [1, 1, 1, 1]

    for point in POINTS:
        cuts.forget()
        cuts.strike(point, lambda: client.ask("key-1"))
        answer = client.repeat("key-1")
        assert cuts.kept() == undisturbed, f"stopped at {point}"
        assert client.finds(answer), f"stopped at {point}"
        made_and_forgotten = set(mux.uploads) - {answer["uploadId"]}
        was_forgotten = point in {"Mux did create_upload 1", "commit 2"}
        assert len(made_and_forgotten) == was_forgotten, f"stopped at {point}"  # and its address told to nobody


def test_a_repeat_that_is_stopped_too_is_finished_by_the_next_one(cuts: PowerCuts, client: Client) -> None:
    client.ask("key-1")
    undisturbed = cuts.kept()

    def begin() -> None:
        cuts.forget()
        cuts.strike("Mux did create_upload 1", lambda: client.ask("key-1"))

    begin()
    for point in cuts.rehearse(lambda: client.repeat("key-1")):
        begin()
        cuts.strike(point, lambda: client.repeat("key-1"))
        answer = client.repeat("key-1")
        assert cuts.kept() == undisturbed, f"stopped again at {point}"
        assert client.finds(answer), f"stopped again at {point}"


def test_without_a_key_a_new_request_is_served_and_what_the_first_left_has_no_address_that_anybody_knows(
    cuts: PowerCuts, client: Client, app: Flask
) -> None:
    assert cuts.rehearse(lambda: client.ask(None)) == POINTS

    for point in POINTS:
        cuts.forget()
        cuts.strike(point, lambda: client.ask(None))
        answer = client.ask(None).get_json()
        assert client.finds(answer), f"stopped at {point}"
        with app.app_context():
            drafts = [str(row) for row in db.session.scalars(select(Programme.product_id))]
        assert answer["productId"] in drafts
        assert len(drafts) == (1 if point == "commit 1" else 2), f"stopped at {point}"


def test_a_refusal_by_mux_leaves_nothing_once_it_was_repeated_wherever_the_process_was_stopped(
    cuts: PowerCuts, client: Client, mux: MuxDouble
) -> None:
    """The draft of a process that died before it could take it back is taken back by the repeat."""
    away = MuxError(Trouble.OUT_OF_REACH, "Mux did not answer")

    def ask() -> None:
        mux.failure = away
        assert client.ask("key-1").status_code == 503

    assert cuts.rehearse(ask) == POINTS_OF_A_REFUSAL
    nothing = cuts.kept()
    assert set(map(len, nothing.values())) == {0}

    for point in POINTS_OF_A_REFUSAL:
        cuts.forget()
        cuts.strike(point, ask)
        client.wait_for_the_lock()
        ask()
        assert cuts.kept() == nothing, f"stopped at {point}"
