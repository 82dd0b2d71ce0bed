"""What is remembered, and who is woken by a commit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from local_mux.database import Database
from local_mux.models.setting import Setting


def greeting(session: Session) -> str | None:
    setting = session.get(Setting, "greeting")
    return str(setting.value["text"]) if setting else None


@pytest.mark.parametrize("is_quiet", [False, True])
def test_what_is_remembered_ends_with_the_next_commit(database: Database, *, is_quiet: bool) -> None:
    assert database.remembered("greeting", greeting) is None
    with database.writing(is_quiet=is_quiet) as session:
        session.add(Setting(name="greeting", value={"text": "hello"}))
        assert database.remembered("greeting", greeting) is None
    assert database.remembered("greeting", greeting) == "hello"


@pytest.mark.parametrize(("is_quiet", "calls"), [(False, 1), (True, 0)])
def test_a_quiet_commit_wakes_nobody(database: Database, *, is_quiet: bool, calls: int) -> None:
    before = database.calls
    with database.writing(is_quiet=is_quiet) as session:
        session.add(Setting(name="greeting", value={"text": "hello"}))
    assert database.calls - before == calls


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "state.sqlite3")
    yield database
    database._engine.dispose()
