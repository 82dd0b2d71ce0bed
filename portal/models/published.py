"""The one definition of which published programmes a page lists, and in which order.

The keys of a page are found first, in a table whose index has them in the order of the list (docs/decisions/0014);
what is shown of them is read afterwards, of as many rows as a page has.
"""

from typing import Any, TypeVar

from sqlalchemy import Select

from portal.models.listing import Listing
from portal.models.paging import row_limit
from portal.models.programme import Programme
from portal.models.searched import searched

Chosen = TypeVar("Chosen", bound=Select[*tuple[Any, ...]])


def published_page(chosen: Chosen, listing: Listing, words: range) -> Chosen:
    """Whatever is chosen of Programme, of one page's rows, in order, and of one row more that tells of a next page.

    To be sent with `listing_parameters` and `word_parameters`.
    """
    if words:
        chosen = chosen.where(Programme.product_id.in_(searched(listing, words)))
    elif listing.is_of_a_tag:
        chosen = chosen.where(Programme.product_id.in_(listing.product_ids().limit(row_limit(listing.rows))))
    else:
        chosen = chosen.where(*listing.conditions(Programme))
    return chosen.order_by(*listing.descending(Programme)).limit(row_limit(listing.rows))
