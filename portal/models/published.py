"""The one definition of which published programmes a page lists, and in which order.

The keys of a page are found first, in a table whose index has them in the order of the list (docs/decisions/0014);
what is shown of them is read afterwards, of as many rows as a page has.
"""

from typing import Any, TypeVar

from sqlalchemy import Select

from portal.models.listing import Filter, Listing, Order
from portal.models.paging import row_limit
from portal.models.position import Position
from portal.models.programme import Programme
from portal.models.searched import searched
from portal.models.words import words_of

__all__ = ["Filter", "Order", "published_page"]

Chosen = TypeVar("Chosen", bound=Select[*tuple[Any, ...]])


def published_page(chosen: Chosen, wanted: Filter, order: Order, *, limit: int, after: Position | None) -> Chosen:
    """Whatever is chosen of Programme, of one page's rows, in order, and of one row more that tells of a next page.

    Which text this compiles to depends only on the order, the limit, on which filters are set, on how many words are
    searched for (and how long they are), and on whether there is a position; all other values are bound parameters.
    """
    listing = Listing(wanted, order, after, rows=limit + 1)
    if words := words_of(wanted.search):
        chosen = chosen.where(Programme.product_id.in_(searched(listing, words)))
    elif wanted.tag is not None:
        chosen = chosen.where(Programme.product_id.in_(listing.product_ids().limit(row_limit(listing.rows))))
    else:
        chosen = chosen.where(*listing.conditions(Programme))
    return chosen.order_by(*listing.descending(Programme)).limit(row_limit(listing.rows))
