"""Whatever order, repetition and omission the events of two attempts come in, the end is what Mux's truth implies."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.extensions import db
from portal.lifecycle.attempts import begin_attempt, begin_programme, keep_upload
from portal.models import Discard, DiscardKind, Programme, Status, Upload, User
from portal.mux.facts import DirectUpload, Fact, Fault, Report
from portal.mux.webhook import MuxEvent
from portal.upkeep.reconcile import ask_mux
from tests.clock import NOON
from tests.conftest import Cast
from tests.mux_double import MuxDouble
from tests.receiving import receive

_numbers = count(1)

# How an attempt can go at Mux: what it says on the way, in the order in which it happens there.
FATES: dict[str, tuple[Fact, ...]] = {
    "plays": (Fact.ASSET_CREATED, Fact.ASSET_CREATED, Fact.ASSET_READY),
    "fails": (Fact.ASSET_CREATED, Fact.ASSET_CREATED, Fact.ASSET_ERRORED),
    "is removed": (Fact.ASSET_CREATED, Fact.ASSET_READY, Fact.ASSET_DELETED),
    "is cancelled": (Fact.UPLOAD_CANCELLED,),
    "breaks": (Fact.UPLOAD_ERRORED,),
    "is still worked on": (Fact.ASSET_CREATED,),
    "waits": (),
}
STATUS_BY_FATE = {
    "plays": Status.READY,
    "fails": Status.ERRORED,
    "is removed": Status.ERRORED,
    "is cancelled": Status.ERRORED,
    "breaks": Status.ERRORED,
    "is still worked on": Status.PROCESSING,
    "waits": Status.AWAITING_UPLOAD,
}
# What the portal may show of a fate while some of its events have not come.
POSSIBLE = {
    fate: {
        Status.AWAITING_UPLOAD,
        *({Status.PROCESSING} if Fact.ASSET_CREATED in facts else set()),
        STATUS_BY_FATE[fate],
    }
    | ({Status.READY} if Fact.ASSET_READY in facts else set())
    for fate, facts in FATES.items()
}


@dataclass(frozen=True)
class Story:
    """Two attempts, the first given up for the second, and the deliveries as the portal gets them."""

    first: str
    second: str
    deliveries: tuple[tuple[int, int], ...]  # (attempt, index of its event), lost ones left out, repeated ones twice


@st.composite
def stories(draw: Callable[..., Any]) -> Story:
    first, second = (draw(st.sampled_from(sorted(FATES))) for _ in range(2))
    events = [(0, index) for index in range(len(FATES[first]))] + [(1, index) for index in range(len(FATES[second]))]
    deliveries = draw(st.lists(st.sampled_from(events), max_size=12)) if events else []
    return Story(first, second, tuple(deliveries))


@pytest.fixture
def told(in_app: Flask, cast: Cast) -> Callable[[Story], tuple[Programme, MuxDouble]]:
    return lambda story: tell(story, db.session.merge(cast.owner))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories())
def test_any_order_ends_in_a_state_that_mux_s_truth_implies(
    told: Callable[[Story], tuple[Programme, MuxDouble]], story: Story
) -> None:
    programme, mux = told(story)
    assert programme.status in POSSIBLE[story.second]
    assert_sound(programme, story)

    ask_mux(programme.product_id, mux, NOON)

    db.session.refresh(programme)
    assert programme.status is STATUS_BY_FATE[story.second]
    assert_sound(programme, story)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([0, 1, 2]), fate=st.sampled_from(["plays", "fails"]))
def test_all_events_of_one_attempt_in_any_order_need_no_question(
    told: Callable[[Story], tuple[Programme, MuxDouble]], order: list[int], fate: str
) -> None:
    programme, _ = told(Story("waits", fate, tuple((1, index) for index in order)))

    assert programme.status is STATUS_BY_FATE[fate]


def assert_sound(programme: Programme, story: Story) -> None:
    """Never a published programme without a playback id, never two playing assets, nothing left unowned."""
    assert programme.mux_playback_id if programme.is_published else True
    first, second = db.session.scalars(
        select(Upload).where(Upload.product_id == programme.product_id).order_by(Upload.id)
    )
    assert (first.is_current, second.is_current) == (False, True)
    if programme.mux_asset_id:
        assert programme.mux_asset_id == asset_of(second)
    discarded = set(db.session.scalars(select(Discard.mux_id).where(Discard.kind == DiscardKind.ASSET)))
    assert asset_of(second) not in discarded
    assert first.asset_id is None or first.asset_id in discarded or story.first == "is removed"


def asset_of(upload: Upload) -> str:
    return f"asset of {upload.mux_upload_id}"


def tell(story: Story, owner: User) -> tuple[Programme, MuxDouble]:
    """Live through a story; the programme as it stands, and a Mux that knows the truth about both attempts."""
    number, mux = next(_numbers), MuxDouble()
    programme, first = begin_programme(owner, title=f"Story {number}", at=NOON)
    keep_upload(first, DirectUpload(id=f"{number}-first", status="waiting"), is_handed_out=True, at=NOON)
    second = begin_attempt(programme, owner, at=NOON)
    keep_upload(second, DirectUpload(id=f"{number}-second", status="waiting"), is_handed_out=True, at=NOON)
    db.session.commit()
    for attempt, fate in ((first, story.first), (second, story.second)):
        know(mux, attempt, fate)
    for which, index in story.deliveries:
        attempt, fate = ((first, story.first), (second, story.second))[which]
        report = report_of(FATES[fate][index], attempt)
        event_id = f"event {number}-{which}-{index}"
        receive(MuxEvent(id=event_id, type="any", environment=None, payload="{}", report=report), NOON)
        db.session.commit()
    db.session.refresh(programme)
    return programme, mux


def know(mux: MuxDouble, attempt: Upload, fate: str) -> None:
    """Put the end of an attempt into Mux, as Mux would tell it when asked."""
    upload_id = str(attempt.mux_upload_id)
    statuses = {"is cancelled": "cancelled", "breaks": "errored", "waits": "waiting"}
    status = statuses.get(fate, "asset_created")
    asset_id = asset_of(attempt) if status == "asset_created" else None
    fault = Fault(type="unknown", message="It broke.") if fate == "breaks" else None
    mux.uploads[upload_id] = DirectUpload(id=upload_id, status=status, asset_id=asset_id, fault=fault)
    if asset_id and fate != "is removed":
        mux.assets[asset_id] = report_of(FATES[fate][-1], attempt)


def report_of(fact: Fact, attempt: Upload) -> Report:
    is_about_asset = not fact.name.startswith("UPLOAD")
    return Report(
        fact=fact,
        upload_id=attempt.mux_upload_id,
        asset_id=asset_of(attempt) if is_about_asset else None,
        passthrough=str(attempt.product_id),
        playback_id=f"playback of {attempt.mux_upload_id}" if fact is Fact.ASSET_READY else None,
        duration_seconds=12.3,
        fault=Fault(type="invalid_input", message="No.") if fact is Fact.ASSET_ERRORED else None,
    )
