"""Programmes page by page: the published ones newest first or featured first, a coach's own, and all of them."""

import base64
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import contains_eager
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Boolean

from portal.extensions import db
from portal.models.product import Product
from portal.models.programme import Programme, Status

LIMIT_DEFAULT = 20
LIMIT_MAX = 100


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a page ends: the sort keys of its last row, so that the next page begins right behind it."""

    is_featured: bool
    at: datetime  # when it was published, or in lists of what is not: made
    product_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some programmes, and where the next page begins: None on the last."""

    items: Sequence[Programme]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What to leave out; None leaves nothing out. `search` looks for words in titles and descriptions."""

    tag: str | None = None
    search: str | None = None
    is_featured: bool | None = None
    is_premium: bool | None = None


def newest_published(wanted: Filter, *, limit: int, after: Position | None) -> Page:
    """Newest first. One query."""
    chosen = _published(wanted).order_by(Programme.published_at.desc(), Programme.product_id.desc())
    if after:
        key = tuple_(Programme.published_at, Programme.product_id)
        chosen = chosen.where(key < (after.at, after.product_id))
    return _page(chosen, limit)


def featured_then_newest(wanted: Filter, *, limit: int, after: Position | None) -> Page:
    """Featured first, and newest first within each. One query."""
    chosen = _published(wanted).order_by(
        Programme.is_featured.desc(), Programme.published_at.desc(), Programme.product_id.desc()
    )
    if after:
        key = tuple_(Programme.is_featured, Programme.published_at, Programme.product_id)
        chosen = chosen.where(key < (after.is_featured, after.at, after.product_id))
    return _page(chosen, limit)


def own_programmes(owner_id: int, *, limit: int, after: Position | None) -> Page:
    """All that a coach has made, newest first, in whatever state. One query."""
    chosen = (
        select(Programme)
        .join(Programme.product)
        .options(contains_eager(Programme.product))
        .where(Product.owner_id == owner_id, Programme.deleted_at.is_(None))
        .order_by(Product.created_at.desc(), Product.id.desc())
    )
    if after:
        chosen = chosen.where(tuple_(Product.created_at, Product.id) < (after.at, after.product_id))
    return _page(chosen, limit, lambda programme: programme.product.created_at)


def all_programmes(*, status: Status | None = None, search: str = "", limit: int, after: Position | None) -> Page:
    """Everybody's, newest first; of those searched for, each word stands in the title. One query."""
    chosen = select(Programme).where(Programme.deleted_at.is_(None))
    chosen = chosen.order_by(Programme.created_at.desc(), Programme.product_id.desc())
    if status is not None:
        chosen = chosen.where(Programme.status == status)
    for word in search.split():
        chosen = chosen.where(Programme.title.icontains(word, autoescape=True))
    if after:
        chosen = chosen.where(tuple_(Programme.created_at, Programme.product_id) < (after.at, after.product_id))
    return _page(chosen, limit, lambda programme: programme.created_at)


def deleted_programmes(owner_id: int | None, limit: int) -> Sequence[Programme]:
    """What can be brought back, a coach's own or (None) everybody's, the last deleted first. One query."""
    chosen = (
        select(Programme)
        .join(Programme.product)
        .options(contains_eager(Programme.product))
        .where(Programme.deleted_at.is_not(None))
        .order_by(Programme.deleted_at.desc(), Programme.product_id.desc())
        .limit(limit)
    )
    if owner_id is not None:
        chosen = chosen.where(Product.owner_id == owner_id)
    return db.session.scalars(chosen).all()


def count_programmes() -> dict[Status, int]:
    """How many programmes there are, status by status. One query."""
    present = select(Programme.status, func.count()).where(Programme.deleted_at.is_(None))
    counted = db.session.execute(present.group_by(Programme.status))
    return dict.fromkeys(Status, 0) | dict(iter(counted))


def write_cursor(position: Position) -> str:
    """A position as text that is safe in an address and means nothing to its reader."""
    text = f"{int(position.is_featured)}|{position.at.isoformat()}|{position.product_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Position:
    """The position that write_cursor wrote; ValueError for anything else."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        featured, at, product_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("|")
        position = Position(
            is_featured={"0": False, "1": True}[featured],
            at=_aware(datetime.fromisoformat(at)),
            product_id=uuid.UUID(product_id),
        )
    except (ValueError, KeyError, OverflowError) as error:
        raise ValueError("This cursor is not one that a list gave.") from error
    return position


def _aware(at: datetime) -> datetime:
    """The time in UTC; ValueError without a zone, OverflowError at the ends of the calendar."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC)


def position_or_none(cursor: str | None) -> Position | None:
    """The position in an address that a person may have cut short: without a good one, the list begins anew."""
    try:
        return read_cursor(cursor) if cursor else None
    except ValueError:
        return None


def _published(wanted: Filter) -> Select[Programme]:
    chosen = select(Programme).where(Programme.is_published)
    if wanted.tag is not None:
        chosen = chosen.where(HasTag(Programme.tags, " ".join(wanted.tag.split()).lower()))
    if wanted.search and wanted.search.strip():
        chosen = chosen.where(*(_mentions(word) for word in wanted.search.split()))
    if wanted.is_featured is not None:
        chosen = chosen.where(Programme.is_featured == wanted.is_featured)
    if wanted.is_premium is not None:
        chosen = chosen.where(Programme.is_premium == wanted.is_premium)
    return chosen


def _mentions(word: str) -> ColumnElement[bool]:
    return or_(
        Programme.title.icontains(word, autoescape=True),
        Programme.description.icontains(word, autoescape=True),
    )


def _page(
    chosen: Select[Programme],
    limit: int,
    sorted_at: Callable[[Programme], datetime | None] = lambda programme: programme.published_at,
) -> Page:
    """One row more than asked for tells whether there is a next page."""
    rows = db.session.scalars(chosen.limit(limit + 1)).all()
    items = rows[:limit]
    at = sorted_at(items[-1]) if len(rows) > limit else None
    if at is None:
        return Page(items=items, next_cursor=None)
    last = Position(is_featured=items[-1].is_featured, at=at, product_id=items[-1].product_id)
    return Page(items=items, next_cursor=write_cursor(last))


class HasTag(GenericFunction[bool]):
    """Whether a JSON list of texts holds a text, in the words of each database."""

    type = Boolean()
    inherit_cache = True
    name = "has_tag"


@compiles(HasTag, "postgresql")
def _has_tag_in_postgresql(element: HasTag, compiler: SQLCompiler, **options: Any) -> str:
    tags, tag = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({tags} @> jsonb_build_array({tag}::text))"


@compiles(HasTag, "sqlite")
def _has_tag_in_sqlite(element: HasTag, compiler: SQLCompiler, **options: Any) -> str:
    tags, tag = (compiler.process(clause, **options) for clause in element.clauses)
    return f"EXISTS (SELECT 1 FROM json_each({tags}) WHERE json_each.value = {tag})"  # noqa: S608 - parts that SQLAlchemy compiled
