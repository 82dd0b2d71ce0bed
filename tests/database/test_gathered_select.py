"""One who asks gets the row of the key; of several who ask PostgreSQL at the same time each gets their own, at once."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import Column, Engine, Enum, MetaData, String, Table, Uuid, bindparam, func, select, text

from portal.database.bare_connections import BareConnections
from portal.database.bare_select import unwatch_bare_selects, watch_bare_selects
from portal.database.gathered_select import GatheredSelect
from portal.models import Role
from portal.models.base import RowId, UtcDateTime
from tests.browser.stack import eventually
from tests.clock import NOON
from tests.reading import tuned_engine

if TYPE_CHECKING:
    import psycopg

ROWS = 1_000
LOCK = 4711
ROLE = Enum(Role, native_enum=False, length=32, values_callable=lambda roles: [role.value for role in roles])
keyed = Table(
    "keyed",
    MetaData(),
    Column("number", RowId, primary_key=True),
    Column("name", String(8), unique=True),
    Column("id", Uuid),
    Column("role", ROLE),
    Column("at", UtcDateTime),
)
BY_NUMBER = GatheredSelect(
    select(keyed.c.name, keyed.c.role, keyed.c.at).where(
        keyed.c.number == bindparam("number"), keyed.c.role == Role.COACH
    )
)
BY_ALL = GatheredSelect(
    select(keyed.c.number, select(func.count()).select_from(keyed).scalar_subquery()).where(
        keyed.c.name == bindparam("name"), keyed.c.id == bindparam("id")
    )
)
NAME = GatheredSelect(select(keyed.c.name).where(keyed.c.number == bindparam("number")))
HELD_UP = GatheredSelect(  # while somebody else has the lock
    select(keyed.c.name, func.pg_advisory_xact_lock_shared(LOCK)).where(keyed.c.number == bindparam("number"))
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    yield from _filled(database_url)


@pytest.fixture
def postgresql(postgresql_database: str) -> Iterator[Engine]:
    yield from _filled(postgresql_database)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Those that were sent since."""
    sent: list[str] = []

    def watch(statement: str, _seconds: float) -> None:
        sent.append(statement)

    watch_bare_selects(watch)
    yield sent
    unwatch_bare_selects(watch)


def test_one_who_asks_gets_the_row_of_the_key_or_none(engine: Engine) -> None:
    connections = BareConnections(engine)
    assert connections.first(BY_NUMBER, number=7) == ("name-007", Role.COACH, NOON)
    assert connections.first(BY_ALL, name="name-007", id=uuid.UUID(int=7)) == (7, ROWS)
    assert connections.first(BY_ALL, name="name-007", id=uuid.UUID(int=8)) is None


def test_of_several_each_gets_the_row_of_their_own_key_or_none(postgresql: Engine, statements: list[str]) -> None:
    with BareConnections(postgresql).reading() as connection:
        found = BY_NUMBER.first_of_each(connection, [{"number": number} for number in (9, 10**12, 7, 9, 8)])

    nine, seven = ("name-009", Role.COACH, NOON), ("name-007", Role.COACH, NOON)
    assert found == [nine, None, seven, nine, None], "the last one is of another role"
    assert len(statements) == 1


def test_keys_of_several_parts_are_not_mixed_up(postgresql: Engine) -> None:
    asked = [
        {"name": name, "id": uuid.UUID(int=number)}
        for name, number in (("name-001", 1), ("name-001", 2), ("name-002", 2))
    ]
    with BareConnections(postgresql).reading() as connection:
        assert BY_ALL.first_of_each(connection, asked) == [(1, ROWS), None, (2, ROWS)]


def test_a_key_that_is_longer_than_its_column_is_not_found_by_its_beginning(postgresql: Engine) -> None:
    asked = [{"name": f"name-001{rest}", "id": uuid.UUID(int=1)} for rest in ("", " ", "x")]
    with BareConnections(postgresql).reading() as connection:
        assert BY_ALL.first_of_each(connection, asked) == [(1, ROWS), None, None]


def test_several_go_by_the_key_as_one_does_with_a_plan_that_is_kept(postgresql: Engine) -> None:
    with BareConnections(postgresql).reading() as connection:
        driver = cast("psycopg.Connection[Any]", connection.driver)
        for _ in range(12):  # more often than PostgreSQL plans by what is asked
            NAME.first_of_each(connection, [{"number": 1}, {"number": 2}])
        name, kept = _prepared(driver)
        plan = "\n".join(row for (row,) in driver.execute(f"EXPLAIN EXECUTE {name}('{{1,2,3}}')"))

    assert "Index Scan using keyed_pkey" in plan
    assert "Seq Scan" not in plan
    assert kept > 0


def test_who_comes_while_somebody_asks_is_asked_for_together_with_the_next(crowd: "Crowd") -> None:
    answers = crowd.ask(1, then=[2, 3, 10**12])

    assert [name_in(answer) for answer in answers] == ["name-001", "name-002", "name-003", None]
    assert len(crowd.statements) == 2


def test_what_is_committed_before_one_asks_is_in_the_answer_whoever_asks_meanwhile(crowd: "Crowd") -> None:
    crowd.rename(3, "new")

    *_, answer = crowd.ask(1, then=[2, 3])

    assert name_in(answer) == "new"


def test_where_one_can_not_be_asked_for_the_others_are_answered(crowd: "Crowd") -> None:
    first, bad, good = crowd.ask(1, then=["no number", 3])

    assert (name_in(first), name_in(good)) == ("name-001", "name-003")
    assert bad.exception() is not None


def name_in(answer: "Future[Any]") -> str | None:
    row = answer.result()
    return row[0] if row else None


class Crowd:
    """Threads that ask PostgreSQL while the first of them has to wait for its answer."""

    def __init__(self, engine: Engine, threads: ThreadPoolExecutor, statements: list[str]) -> None:
        self.statements = statements
        self._engine, self._threads = engine, threads
        self._connections = BareConnections(engine)
        self._to_do: dict[int, str] = {}

    def rename(self, number: int, name: str) -> None:
        """Have it done when the first has asked already."""
        self._to_do[number] = name

    def ask(self, first: int, *, then: list[Any]) -> list["Future[Any]"]:
        """The answers, once all are there: the others ask while the first waits."""
        with self._engine.begin() as holder:
            holder.execute(select(func.pg_advisory_xact_lock(LOCK)))
            answers = [self._send(first)]
            eventually(self._is_first_waiting)
            for number, name in self._to_do.items():
                with self._engine.begin() as another:
                    another.execute(keyed.update().where(keyed.c.number == number).values(name=name))
            answers += [self._send(number) for number in then]
            gathering = self._connections._gathering_of(HELD_UP)
            eventually(lambda: len(gathering._line) == len(then))
        for answer in answers:
            answer.exception(timeout=30)
        return answers

    def _send(self, number: Any) -> "Future[Any]":
        began = threading.Event()

        def ask() -> Any:
            began.set()
            return self._connections.first(HELD_UP, number=number)

        future = self._threads.submit(ask)
        began.wait(30)
        return future

    def _is_first_waiting(self) -> bool:
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = :lock")
        with self._engine.connect() as connection:
            return bool(connection.scalar(waiting, {"lock": LOCK}))


@pytest.fixture
def crowd(postgresql: Engine, statements: list[str]) -> Iterator[Crowd]:
    with ThreadPoolExecutor(8) as threads:
        yield Crowd(postgresql, threads, statements)


def _prepared(driver: "psycopg.Connection[Any]") -> tuple[str, int]:
    """The statement that was prepared for several, and how often its kept plan has served."""
    named = "SELECT name, generic_plans FROM pg_prepared_statements WHERE statement ~ 'unnest'"
    name, kept = driver.execute(named).fetchall()[0]
    return name, kept


def _filled(url: str) -> Iterator[Engine]:
    engine = tuned_engine(url)
    rows = [
        {
            "number": number,
            "name": f"name-{number:03}",
            "id": uuid.UUID(int=number),
            "role": Role.VIEWER if number == 8 else Role.COACH,
            "at": NOON,
        }
        for number in range(ROWS)
    ]
    with engine.begin() as connection:
        keyed.create(connection)
        connection.execute(keyed.insert(), rows)
    yield engine
    engine.dispose()
    with engine.begin() as connection:
        keyed.drop(connection)
    engine.dispose()
