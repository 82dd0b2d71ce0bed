"""One event: what Mux sent, and what was decided."""

import json

import pytest
from flask import Flask

from portal.models import Outcome
from tests.admin.conftest import MakeEvent, MakeProgramme
from tests.pages import Reader, words
from tests.queries import queries_of


def test_it_says_what_was_decided_and_why(admin: Reader, make: MakeProgramme, make_event: MakeEvent) -> None:
    programme = make(title="Morning calm")
    number = make_event(reason="The programme is ready.", product_id=programme.product_id)

    page = admin.get(f"/admin/webhooks/{number}")

    assert page.heading == "video.asset.ready"
    for said in ("Applied", "It changed its programme.", "The programme is ready.", "Morning calm", "event-", "env01"):
        assert said in page.text
    assert f"/coach/programmes/{programme.product_id}" in page.links()
    assert f"/admin/webhooks?programme={programme.product_id}" in page.links()


def test_a_failure_shows_its_error(admin: Reader, make_event: MakeEvent) -> None:
    number = make_event(outcome=Outcome.FAILED, error="ZeroDivisionError: <b>no</b>", tries=4)

    page = admin.get(f"/admin/webhooks/{number}")

    assert words(page.one(".event-error")) == "ZeroDivisionError: <b>no</b>"
    assert "Tries 4" in page.text
    assert "Applied Not yet" in page.text


def test_what_mux_sent_is_laid_out_and_can_be_scrolled_by_keyboard(admin: Reader, make_event: MakeEvent) -> None:
    sent = {"id": "e", "data": {"title": "Ünï <script>alert(1)</script>", "tracks": [1, 2]}}
    number = make_event(payload=json.dumps(sent))

    raw = admin.get(f"/admin/webhooks/{number}").one("pre")

    assert json.loads(raw.get_text()) == sent
    assert "\n  " in raw.get_text()
    assert "Ünï" in raw.get_text()
    assert raw["tabindex"] == "0"


@pytest.mark.parametrize(
    "payload", ["not JSON", '{"half": "\\ud800"}', '{"bell": "\\u0007\x9f"}', '{"n": ' + "9" * 5000 + "}"]
)
def test_whatever_was_sent_the_page_can_be_shown(admin: Reader, make_event: MakeEvent, payload: str) -> None:
    number = make_event(payload=payload)

    assert admin.get(f"/admin/webhooks/{number}").status == 200


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_every_outcome_has_its_words(admin: Reader, make_event: MakeEvent, outcome: Outcome | None) -> None:
    number = make_event(outcome=outcome)

    page = admin.get(f"/admin/webhooks/{number}")

    assert page.status == 200
    assert outcome is None or outcome.value not in words(page.one(".badge"))


@pytest.mark.parametrize("number", [0, 987654321, 2**63, 10**40])
def test_an_event_that_there_is_not_is_not_found(admin: Reader, number: int) -> None:
    admin.get("/admin/webhooks")

    assert admin.get(f"/admin/webhooks/{number}").status == 404
    assert admin.post(f"/admin/webhooks/{number}/replays").status == 404


def test_the_page_costs_two_queries(app: Flask, admin: Reader, make: MakeProgramme, make_event: MakeEvent) -> None:
    number = make_event(product_id=make().product_id)

    with queries_of(app) as sent:
        admin.get(f"/admin/webhooks/{number}")

    assert len(sent) == 2, sent
