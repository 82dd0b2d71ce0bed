"""Every list goes by an index, on both databases: none reads or sorts much more than it shows, whatever there is."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, select

from bench.filling import fill
from bench.people import COACH
from bench.words import COMMON_TAG, COMMON_WORD, RARE_TAG, RARE_WORD
from portal.extensions import db
from portal.models import Base, Notice, NoticeKind, Role, Status, User, catalogue, searched
from portal.models.catalogue import (
    Filter,
    Position,
    all_programmes,
    deleted_programmes,
    featured_then_newest,
    newest_published,
    own_programmes,
    read_cursor,
)
from portal.models.notice import newest_notices, notices_between
from portal.models.searched import SAMPLE
from portal.models.user import newest_people, select_user_by_email
from tests.clock import NOON

ROWS = 1_500
SHOWN = 20
SORTED_MOST = 3 * SHOWN
READ_MOST = 3 * SAMPLE  # rows of one table: the sample of a search, and what is read on


@dataclass(frozen=True)
class Site:
    """Where the lists are asked from."""

    coach_id: int
    deep: Position  # in the middle of what is published


@dataclass(frozen=True)
class Listed:
    """A list, and the indexes that its rows are found by: in both databases, and besides in one of them.

    Of "a|b" either may serve.
    """

    ask: Callable[[Site], object]
    by: frozenset[str]
    in_sqlite: frozenset[str] = frozenset()
    in_postgresql: frozenset[str] = frozenset()
    left_alone_in_postgresql: frozenset[str] = frozenset()  # what the plan has and this search need not ask
    sorts_a_page: bool = False  # of keys that an index gave


def published(wanted: Filter, *by: str, order: Any = newest_published, is_deep: bool = False, **more: Any) -> Listed:
    return Listed(lambda site: order(wanted, limit=SHOWN, after=site.deep if is_deep else None), frozenset(by), **more)


BY_WORDS: dict[str, Any] = {
    "in_sqlite": frozenset({"programme_words"}),
    "in_postgresql": frozenset({"ix_programme_text_pieces"}),
    "sorts_a_page": True,
}
NEWEST, FEATURED, TAGGED = "ix_programme_published", "ix_programme_catalogue", "pk_programme_tag"
TAGGED_RARELY = f"{TAGGED}|ix_programme_tag_catalogue"  # seven rows are sorted soon

LISTS = {
    "newest": published(Filter(), NEWEST),
    "newest, deep": published(Filter(), NEWEST, is_deep=True),
    "premium": published(Filter(is_premium=True), "ix_programme_premium"),
    "featured": published(Filter(is_featured=True), FEATURED),
    "catalogue": published(Filter(), FEATURED, order=featured_then_newest),
    "catalogue, deep": published(Filter(), FEATURED, order=featured_then_newest, is_deep=True),
    "rare tag": published(Filter(tag=RARE_TAG), TAGGED_RARELY, sorts_a_page=True),
    "common tag": published(Filter(tag=COMMON_TAG), TAGGED, sorts_a_page=True),
    "common tag, deep": published(Filter(tag=COMMON_TAG), TAGGED, is_deep=True, sorts_a_page=True),
    "tag in the catalogue": published(
        Filter(tag=COMMON_TAG), "ix_programme_tag_catalogue", order=featured_then_newest, sorts_a_page=True
    ),
    "rare word": published(Filter(search=RARE_WORD), NEWEST, **BY_WORDS),
    "common word": published(Filter(search=COMMON_WORD), NEWEST, **BY_WORDS),
    "word that nobody wrote": published(Filter(search="xylophonist"), NEWEST, **BY_WORDS),
    "words, deep": published(Filter(search=f"{COMMON_WORD} {RARE_WORD}"), NEWEST, is_deep=True, **BY_WORDS),
    "word in a tag": published(Filter(tag=COMMON_TAG, search=RARE_WORD), TAGGED, **BY_WORDS),
    "common word in a rare tag": published(
        Filter(tag=RARE_TAG, search=COMMON_WORD),
        TAGGED_RARELY,
        left_alone_in_postgresql=frozenset({"ix_programme_text_pieces"}),
        **BY_WORDS,
    ),
    "rare word beside a common one": published(Filter(search=f"{COMMON_WORD} {RARE_WORD}"), NEWEST, **BY_WORDS),
    "studio": Listed(
        lambda site: own_programmes(site.coach_id, limit=SHOWN, after=None), frozenset({"ix_product_owner"})
    ),
    "recently deleted": Listed(lambda _site: deleted_programmes(None, SHOWN), frozenset({"ix_programme_deleted"})),
    "everybody's": Listed(lambda _site: all_programmes(limit=SHOWN, after=None), frozenset({"ix_programme_created"})),
    "everybody's, deep": Listed(
        lambda site: all_programmes(limit=SHOWN, after=site.deep), frozenset({"ix_programme_created"})
    ),
    "failed ones": Listed(
        lambda _site: all_programmes(status=Status.ERRORED, limit=SHOWN, after=None), frozenset({"ix_programme_status"})
    ),
    "administrators": Listed(lambda _site: newest_people(role=Role.ADMIN, limit=SHOWN), frozenset({"ix_user_role"})),
    "notices": Listed(lambda site: newest_notices(site.coach_id, limit=SHOWN), frozenset({"ix_notice_inbox"})),
    "failures of a day": Listed(
        lambda _site: notices_between(NOON, NOON + timedelta(minutes=9), [NoticeKind.VIDEO_FAILED], limit=SHOWN),
        frozenset({"ix_notice_created_at"}),
        sorts_a_page=True,
    ),
}


def test_every_list_is_found_by_its_index(database_url: str, in_app: Flask) -> None:
    site = _filled(database_url)

    assert _faults(LISTS, site) == {}


@pytest.mark.usefixtures("_many_found")
def test_where_the_index_finds_many_texts_some_are_met_along_the_list(database_url: str, in_app: Flask) -> None:
    none_is_asked_where_it_stands = frozenset({"CTE all_listed"})
    wanted = Filter(search=COMMON_WORD)
    common_word = published(wanted, NEWEST, left_alone_in_postgresql=none_is_asked_where_it_stands, **BY_WORDS)

    assert _faults({"common word": common_word}, _filled(database_url)) == {}


@pytest.fixture
def _many_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is common enough to be read for. Statements are kept, and those made before would go another way."""
    monkeypatch.setattr(searched, "COMMON_FROM", ROWS)
    monkeypatch.setattr(searched, "MANY", 1)
    catalogue._published_select.cache_clear()
    yield
    catalogue._published_select.cache_clear()


def _faults(lists: dict[str, Listed], site: Site) -> dict[str, object]:
    explain = _explained_in_sqlite if db.engine.dialect.name == "sqlite" else _explained_in_postgresql
    faults: dict[str, object] = {}
    for name, listed in lists.items():
        with _sent() as statements:
            listed.ask(site)
        wrong = [fault for sent in statements for fault in explain(listed, *sent)]
        if wrong:
            faults[name] = wrong
    return faults


def _filled(url: str) -> Site:
    engine = create_engine(url)
    fill(engine, ROWS, NOON)
    engine.dispose()
    coach = db.session.scalars(select_user_by_email(COACH)).one()
    people = [coach.id, *db.session.scalars(select(User.id).limit(49))]
    db.session.add_all(_failure(people[number % len(people)], number) for number in range(ROWS))
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        _gather_statistics(url)
    cursor = newest_published(Filter(), limit=ROWS // 2, after=None).next_cursor
    assert cursor is not None
    return Site(coach_id=coach.id, deep=read_cursor(cursor))


def _gather_statistics(url: str) -> None:
    """As autovacuum does in time."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _failure(user_id: int, minute: int) -> Notice:
    at = NOON + timedelta(minutes=minute)
    return Notice(key=f"{minute}", user_id=user_id, kind=NoticeKind.VIDEO_FAILED, title="T", created_at=at)


@contextmanager
def _sent() -> Iterator[list[tuple[str, Any]]]:
    """The SELECTs that are sent meanwhile, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if re.match("SELECT|WITH", statement):
            sent.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", remember)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", remember)


def _explained_in_sqlite(listed: Listed, statement: str, parameters: Any) -> Iterator[str]:
    plan = [row[3] for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    used = " ".join(plan)
    for names in listed.by | listed.in_sqlite:
        either = names.replace("pk_programme_tag", "sqlite_autoindex_programme_tag_1").split("|")
        if not any(name in used for name in either):
            yield f"{names} is not used: {plan}"
    tables = "|".join(Base.metadata.tables)
    for step in plan:
        if re.match(rf"SCAN ({tables})\b(?!.*INDEX)", step):
            yield step
        if "TEMP B-TREE FOR ORDER BY" in step and not listed.sorts_a_page:
            yield step


def _explained_in_postgresql(listed: Listed, statement: str, parameters: Any) -> Iterator[str]:
    connection = db.session.connection()
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # at this size, to read all would be quick
    explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
    plan = explained if isinstance(explained, list) else json.loads(explained)
    steps = list(_steps(plan[0]["Plan"]))
    used = {step.get("Index Name") for step in steps}
    for names in listed.by | listed.in_postgresql:
        if used.isdisjoint(names.split("|")):
            yield f"{names} is not used, but {sorted(filter(None, used))}"
    asked = {step.get(name) for step in steps if step["Actual Loops"] for name in ("Index Name", "Subplan Name")}
    for name in listed.left_alone_in_postgresql & asked:
        yield f"{name} is asked"
    for step in steps:
        if step["Node Type"] == "Seq Scan":
            yield f"all of {step['Relation Name']} is read"
        sorted_most = READ_MOST if listed.sorts_a_page else SORTED_MOST
        if step["Node Type"] == "Sort" and step["Plans"][0]["Actual Rows"] > sorted_most:
            yield f"sorted by {step['Sort Key']}"
        rows = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
        is_joined_whole = listed.sorts_a_page and step.get("Relation Name") == "product"  # as it is small here
        if "Relation Name" in step and rows > READ_MOST and not is_joined_whole:
            yield f"{rows} rows of {step['Relation Name']} are read"


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for part in step.get("Plans", []):
        yield from _steps(part)
