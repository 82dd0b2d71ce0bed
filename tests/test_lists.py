"""Lists as parameters: few lengths, and nothing in them that was not given."""

import pytest

from portal.models.lists import filled


@pytest.mark.parametrize(
    ("given", "length"), [(0, 0), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (9, 16), (33, 64), (64, 64)]
)
def test_a_list_is_filled_up_to_the_next_power_of_two_by_its_last_item(given: int, length: int) -> None:
    items = list(range(given))

    assert filled(items) == items + items[-1:] * (length - given)
