"""The migrations: up, down and up again on both databases, and at their head the tables are the models."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, func, inspect, make_url, select, text

from portal import create_app
from portal.extensions import db
from portal.models import Base
from portal.models.programme_text import by_models
from portal.models.words import match_of
from portal.readiness import newest_schema
from tests.databases import bare_settings
from tests.mux_double import MuxDouble


def test_up_down_and_up_again_ends_at_the_models(empty_app: Flask) -> None:
    with empty_app.app_context():
        upgrade()
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()

        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": by_models})
            assert compare_metadata(context, Base.metadata) == []


def test_the_migrated_tables_hold_every_constraint_that_the_models_name(empty_app: Flask) -> None:
    with empty_app.app_context():
        upgrade()
        inspector = inspect(db.engine)
        for table in Base.metadata.sorted_tables:
            named = {c["name"] for c in inspector.get_check_constraints(table.name)}
            assert {c.name for c in table.constraints if str(c.name).startswith("ck_")} <= named


def test_the_portal_is_not_ready_before_its_migrations(empty_app: Flask) -> None:
    answer = empty_app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "db upgrade" in answer.get_json()["reason"]

    with empty_app.app_context():
        upgrade()
    assert empty_app.test_client().get("/readyz").status_code == 200


def test_the_newest_migration_is_known_by_its_number(app: Flask) -> None:
    folder = app.config["MIGRATIONS_FOLDER"]
    scripts = ScriptDirectory(folder)

    assert scripts.get_heads() == [newest_schema(folder)]
    for script in scripts.walk_revisions():
        assert Path(script.path).name.partition("_")[0] == script.revision


def test_what_was_kept_before_a_migration_is_there_after_it(empty_app: Flask) -> None:
    """SQLite rebuilds tables by dropping them: what refers to their rows must not go with them."""
    with empty_app.app_context():
        upgrade(revision="0001")
        with db.engine.begin() as connection:
            for statement in ROWS_OF_THE_FIRST_SCHEMA:
                connection.execute(text(statement))

        upgrade()

        with db.engine.connect() as connection:
            tables = (Base.metadata.tables[name] for name in KEPT)
            kept = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in tables}
            debt = connection.execute(text("SELECT kind, mux_id, reason FROM discard")).one()
            happening = connection.scalar(text("SELECT kind FROM history"))
    assert kept == dict.fromkeys(KEPT, 1)
    assert tuple(debt) == ("asset", "as-1", "why")
    assert happening == "attempt"


def test_texts_and_tags_follow_on_the_way_down_and_up_again(empty_app: Flask) -> None:
    """Both databases keep their triggers in the words of one schema, and SQLite drops a table's triggers with it."""
    with empty_app.app_context():
        upgrade(revision="0001")
        _execute(*ROWS_OF_THE_FIRST_SCHEMA[:3])
        upgrade(revision="0011")
        assert _texts("content, published_at IS NULL, is_premium") == [("T\n", True, False)]

        upgrade(revision="0012")
        _execute(VOICE, PUBLICATION)
        assert (_texts("content"), _found("voice"), _tags()) == ([("T\nvoice",)], 1, ["calm"])

        downgrade(revision="0011")
        assert _texts("content, published_at IS NULL, is_premium") == [("T\nvoice", False, True)]
        _execute("UPDATE programme SET is_published = false, tags = '[\"sleep\"]', title = 'New'")
        assert (_texts("content, published_at IS NULL"), _tags()) == ([("New\nvoice", True)], [])

        upgrade(revision="0012")
        assert (_texts("content"), _found("new"), _found("calm")) == ([("New\nvoice",)], 1, 0)


def test_words_are_found_before_and_after_their_index_is_made_of_pieces(empty_app: Flask) -> None:
    with empty_app.app_context():
        upgrade(revision="0001")
        _execute(*ROWS_OF_THE_FIRST_SCHEMA[:3])
        upgrade(revision="0012")
        _execute(VOICE)
        assert _found("voice") == 1

        upgrade(revision="0013")
        assert (_found_by_pieces("voice"), _found_by_pieces("noise")) == (1, 0)

        upgrade(revision="0014")
        assert (_found_by_pieces_on_both("voice"), _found_by_pieces_on_both("noise")) == (1, 0)
        _execute("UPDATE programme SET description = 'noise'")
        assert (_found_by_pieces_on_both("voice"), _found_by_pieces_on_both("noise")) == (0, 1)

        downgrade(revision="0013")
        assert (_found_by_pieces("voice"), _found_by_pieces("noise")) == (0, 1)
        downgrade(revision="0012")
        assert (_found("voice"), _found("noise")) == (0, 1)


def _execute(*statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _texts(columns: str) -> list[tuple[object, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(text(columns)).select_from(text("programme_text")))]


def _tags() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.scalars(text("SELECT tag FROM programme_tag")))


def _found(word: str) -> int | None:
    """How many texts the index of words finds, until schema 0012."""
    return _counted("search_windows(content) @@ CAST(:word AS tsquery)", word)


def _found_by_pieces(word: str) -> int | None:
    """The same with schema 0013, which has pieces in PostgreSQL."""
    return _counted("search_pieces(content) @@ CAST(search_cover(:word) AS tsquery)", word)


def _found_by_pieces_on_both(word: str) -> int | None:
    """The same from schema 0014 on, which has them in SQLite, too."""
    return _found_by_pieces(match_of(word) if db.engine.dialect.name == "sqlite" else word)


def _counted(condition_in_postgresql: str, word: str) -> int | None:
    asked = {
        "sqlite": "SELECT count(*) FROM programme_words WHERE programme_words MATCH :word",
        "postgresql": f"SELECT count(*) FROM programme_text WHERE {condition_in_postgresql}",  # noqa: S608 - ours
    }[db.engine.dialect.name]
    with db.engine.connect() as connection:
        return connection.scalar(text(asked), {"word": word})


KEPT = ("product", "programme", "upload", "history", "discard")
VOICE = "UPDATE programme SET description = 'voice', tags = '[\"calm\"]', is_premium = true"
PUBLICATION = """UPDATE programme SET status = 'ready', mux_asset_id = 'as', mux_playback_id = 'pb',
    is_published = true, published_at = '2026-01-02 00:00:00.000000'"""
ROWS_OF_THE_FIRST_SCHEMA = (
    """INSERT INTO "user" (id, email, name, password_hash, role, is_enabled, is_demo, created_at)
       VALUES (1, 'a@example.com', 'A', 'x', 'COACH', true, false, '2026-01-01')""",
    """INSERT INTO product (id, kind, owner_id, created_at)
       VALUES ('0000000000000000000000000000000a', 'programme', 1, '2026-01-01')""",
    """INSERT INTO programme (product_id, title, description, tags, status, is_published, is_premium, is_featured,
       publish_when_ready, is_signed, created_at, updated_at)
       VALUES ('0000000000000000000000000000000a', 'T', '', '[]', 'awaiting_upload', false, false, false, true, false,
       '2026-01-01', '2026-01-01')""",
    """INSERT INTO upload (product_id, status, created_at, updated_at)
       VALUES ('0000000000000000000000000000000a', 'waiting', '2026-01-01', '2026-01-01')""",
    """INSERT INTO history (product_id, at, from_status, to_status, why)
       VALUES ('0000000000000000000000000000000a', '2026-01-01', 'awaiting_upload', 'awaiting_upload', 'link')""",
    """INSERT INTO discarded_asset (asset_id, product_id, reason, created_at, next_try_at, tries)
       VALUES ('as-1', '0000000000000000000000000000000a', 'why', '2026-01-01', '2026-01-01', 0)""",
)


@pytest.fixture
def empty_app(empty_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(bare_settings(empty_database_url, tmp_path), mux=MuxDouble())
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server = request.getfixturevalue("postgresql_server")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE portal_empty"))
        yield make_url(server).set(database="portal_empty").render_as_string(hide_password=False)
        connection.execute(text("DROP DATABASE portal_empty WITH (FORCE)"))
    engine.dispose()
