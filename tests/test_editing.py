"""What an edit changes, and the line of history that it writes."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.editing import Changes, apply_changes
from portal.extensions import db
from portal.models import Happening, History
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme

LATER = NOON + timedelta(hours=1)
BEFORE: dict[str, Any] = {
    "title": "Old",
    "description": "Old.",
    "tags": ["a"],
    "is_premium": False,
    "is_featured": True,
}

EDITS: list[tuple[Changes, str | None]] = [
    ({}, None),
    ({"title": "Old", "description": "Old.", "tags": ["a"], "is_premium": False, "is_featured": True}, None),
    ({"title": "New"}, "The title was changed from “Old” to “New”."),
    ({"description": "A long new one."}, "The description was changed."),
    ({"tags": ["a", "b"]}, "The tags were changed from “a” to “a”, “b”."),
    ({"tags": []}, "The tags were changed from “a” to none."),
    ({"is_premium": True}, "It became premium."),
    ({"is_featured": False}, "It is not featured any more."),
    ({"title": "New", "is_premium": True}, "The title was changed from “Old” to “New”. It became premium."),
    ({"title": "Old", "tags": ["b"]}, "The tags were changed from “a” to “b”."),
]


@pytest.mark.parametrize(("changes", "told"), EDITS, ids=str)
def test_what_differs_is_changed_and_told_in_one_line(
    in_app: Flask, cast: Cast, changes: Changes, told: str | None
) -> None:
    programme = make_programme(cast.owner, **BEFORE)

    apply_changes(programme, changes, cast.owner, at=LATER)
    db.session.flush()

    assert {name: getattr(programme, name) for name in BEFORE} == {**BEFORE, **changes}
    rows = db.session.scalars(select(History)).all()
    assert [(row.kind, row.actor_id, row.why, row.at) for row in rows] == (
        [] if told is None else [(Happening.EDIT, cast.owner.id, told, LATER)]
    )
    assert programme.updated_at == (NOON if told is None else LATER)


@pytest.mark.parametrize("name", ["is_premium", "is_featured"])
def test_a_mark_is_told_when_it_comes_and_when_it_goes(in_app: Flask, cast: Cast, name: str) -> None:
    programme = make_programme(cast.owner)
    word = name.removeprefix("is_")

    for wanted in (True, False):
        change: Changes = {"is_premium": wanted} if name == "is_premium" else {"is_featured": wanted}
        apply_changes(programme, change, cast.owner, at=LATER)
    db.session.flush()

    told = db.session.scalars(select(History.why).order_by(History.id)).all()
    assert told == [f"It became {word}.", f"It is not {word} any more."]
