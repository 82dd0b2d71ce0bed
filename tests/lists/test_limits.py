"""The limit of a list stands in its text: of a parameter PostgreSQL comes to believe that it is a tenth of all rows."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from portal.models import Programme
from portal.models.published import Filter, Order, published_page


@pytest.mark.parametrize("wanted", [Filter(), Filter(tag="calm"), Filter(search="calm"), Filter(tag="a", search="b")])
def test_no_limit_of_a_list_is_a_parameter(wanted: Filter) -> None:
    page = published_page(select(Programme.product_id), wanted, Order.NEWEST, limit=20, after=None)

    text = str(page.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]

    assert text.endswith("LIMIT 21")
    assert re.findall(r"LIMIT (?!\d|CASE)", text) == []
