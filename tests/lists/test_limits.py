"""The limit of a list stands in its text: of a parameter PostgreSQL comes to believe that it is a tenth of all rows."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from portal.models import Programme
from portal.models.listing import Filter, Order, listing_of
from portal.models.published import published_page
from portal.models.words import words_of


@pytest.mark.parametrize("wanted", [Filter(), Filter(tag="calm"), Filter(search="calm"), Filter(tag="a", search="b")])
def test_no_limit_of_a_list_is_a_parameter(wanted: Filter) -> None:
    listing = listing_of(wanted, Order.NEWEST, None, rows=21)
    page = published_page(select(Programme.product_id), listing, range(len(words_of(wanted.search))))

    text = str(page.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]

    assert text.endswith("LIMIT 21")
    assert re.findall(r"LIMIT (?!\d|CASE|ALL)", text) == []
