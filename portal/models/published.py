"""The one definition of which published programmes a page lists, and in which order."""

import enum
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, or_, true, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Boolean

from portal.models.position import Position
from portal.models.programme import Programme

Chosen = TypeVar("Chosen", bound=Select[*tuple[Any, ...]])


class Order(enum.Enum):
    """How a list of published programmes is sorted; equals by their ids."""

    NEWEST = enum.auto()
    FEATURED_THEN_NEWEST = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What to leave out; None leaves nothing out. `search` looks for words in titles and descriptions."""

    tag: str | None = None
    search: str | None = None
    is_featured: bool | None = None
    is_premium: bool | None = None


def published_page(chosen: Chosen, wanted: Filter, order: Order, *, limit: int, after: Position | None) -> Chosen:
    """Whatever is chosen of Programme, of one page's rows, in order, and of one row more that tells of a next page.

    Which text this compiles to depends only on the order, on which filters are set, on how many words are searched
    for, and on whether there is a position; all values are bound parameters.
    """
    chosen = chosen.where(*_conditions(wanted)).order_by(*(key.desc() for key in _KEYS[order]))
    if after is not None:
        chosen = chosen.where(tuple_(*_KEYS[order]) < _key_values(order, after))
    return chosen.limit(limit + 1)


_KEYS: dict[Order, tuple[Any, ...]] = {
    Order.NEWEST: (Programme.published_at, Programme.product_id),
    Order.FEATURED_THEN_NEWEST: (Programme.is_featured, Programme.published_at, Programme.product_id),
}


def _key_values(order: Order, after: Position) -> tuple[Any, ...]:
    newest = (after.at, after.product_id)
    return newest if order is Order.NEWEST else (after.is_featured, *newest)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Programme.is_published == true()]
    if wanted.tag is not None:
        conditions.append(HasTag(Programme.tags, bindparam("tag", " ".join(wanted.tag.split()).lower())))
    conditions += [_mentions(word) for word in (wanted.search or "").split()]
    if wanted.is_featured is not None:
        conditions.append(Programme.is_featured == wanted.is_featured)
    if wanted.is_premium is not None:
        conditions.append(Programme.is_premium == wanted.is_premium)
    return conditions


def _mentions(word: str) -> ColumnElement[bool]:
    return or_(
        Programme.title.icontains(word, autoescape=True),
        Programme.description.icontains(word, autoescape=True),
    )


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
