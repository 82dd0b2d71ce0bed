"""The database keeps tags and texts beside the programmes, whoever writes to these and however."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Delete, Update, delete, select, text, update

from portal.extensions import db
from portal.models import Product, Programme, ProgrammeTag, ProgrammeText, Status
from tests.clock import NOON

Make = Callable[..., Programme]

# An error where FTS5 holds anything but what the texts have: https://sqlite.org/fts5.html#the_integrity_check_command
LOOK_WHETHER_ALL_WORDS_ARE_INDEXED = text(
    "INSERT INTO programme_words (programme_words, rank) VALUES ('integrity-check', 1)"
)

UNPUBLISHED: dict[str, Any] = {"is_published": False, "published_at": None}
PUBLISHED: dict[str, Any] = {"is_published": True, "published_at": NOON}
CHANGES: dict[str, Update | Delete] = {
    "withdrawn": update(Programme).values(is_published=False),
    "published at another time": update(Programme).values(published_at=NOON + timedelta(days=3)),
    "published again": update(Programme)
    .where(Programme.status == Status.READY)
    .values(is_published=True, published_at=NOON),
    "tagged otherwise": update(Programme).values(tags=["calm", "übung", "100%"]),
    "without tags": update(Programme).values(tags=[]),
    "featured": update(Programme).values(is_featured=True),
    "premium": update(Programme).values(is_premium=True),
    "renamed": update(Programme).values(title="Another"),
    "described": update(Programme).values(description="Line\nand line"),
    "all at once": update(Programme).values(title="X", description="Y", tags=["z"], is_premium=True, is_featured=True),
    "removed": delete(Programme),
    "removed with their products": delete(Product),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_the_rows_beside_follow(in_app: Flask, make: Make, change: Update | Delete) -> None:
    make(tags=["calm", "sleep"], title="Deep", description="Rest")
    make(tags=["calm"], is_featured=True, **UNPUBLISHED)
    make(status=Status.ERRORED, tags=["sleep"])
    assert_rows_follow()

    db.session.execute(change)

    assert_rows_follow()


def test_whatever_happens_to_a_programme_but_rewording_its_text_is_not_touched(in_app: Flask, make: Make) -> None:
    """Publication is what webhooks do all day: PostgreSQL would index all words of a row that is written."""
    programme = make(title="Deep", tags=["calm"], **UNPUBLISHED)
    written = _writings()

    for state in (PUBLISHED | {"title": "Deep"}, {"is_featured": True, "is_premium": True, "tags": []}, UNPUBLISHED):
        db.session.execute(update(Programme).where(Programme.product_id == programme.product_id).values(**state))
        assert _writings() == written

    db.session.execute(update(Programme).values(description="Rest"))
    assert _writings() != written


def test_the_migrations_leave_every_trigger_in_place(in_app: Flask) -> None:
    """SQLite drops a table's triggers when a migration rebuilds it: that migration has to make them again."""
    of_programme = {"programme_added", "programme_listed_anew", "programme_reworded", "programme_removed"}
    if db.engine.dialect.name == "sqlite":
        of_text = {f"programme_text_{name}" for name in ("added", "is_reworded", "reworded", "is_removed")}
        there = db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        assert of_programme | of_text == set(there)
    else:
        assert of_programme <= set(db.session.scalars(text("SELECT tgname FROM pg_trigger")))


def assert_rows_follow() -> None:
    db.session.expire_all()
    programmes = db.session.scalars(select(Programme)).all()
    tags = {
        (tag, row.published_at, row.product_id, row.is_featured, row.is_premium)
        for row in programmes
        if row.is_published
        for tag in row.tags
    }
    texts = {(row.product_id, f"{row.title}\n{row.description}") for row in programmes}
    kept_tags = db.session.scalars(select(ProgrammeTag)).all()
    kept_texts = db.session.scalars(select(ProgrammeText)).all()
    assert {(row.tag, row.published_at, row.product_id, row.is_featured, row.is_premium) for row in kept_tags} == tags
    assert {(row.product_id, row.content) for row in kept_texts} == texts
    if db.engine.dialect.name == "sqlite":  # PostgreSQL's index is its own to keep
        db.session.execute(LOOK_WHETHER_ALL_WORDS_ARE_INDEXED)


def _writings() -> object:
    """What changes when a text is written, even with the same words: in PostgreSQL the row's place."""
    if db.engine.dialect.name == "postgresql":
        return db.session.execute(text("SELECT ctid, xmin FROM programme_text")).all()
    db.session.execute(text("CREATE TEMP TABLE IF NOT EXISTS writing (at)"))
    db.session.execute(
        text(
            "CREATE TEMP TRIGGER IF NOT EXISTS programme_text_written AFTER UPDATE ON main.programme_text "
            "BEGIN INSERT INTO writing VALUES (1); END"
        )
    )
    return db.session.scalar(text("SELECT count(*) FROM writing"))
