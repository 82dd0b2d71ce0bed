"""Lists as parameters of a statement."""

from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def filled(items: Iterable[Item]) -> list[Item]:
    """The items, the last one repeated until they are a power of two.

    A list of another length is another statement, which the database has to plan anew; so there are few of them.
    """
    given = list(items)
    missing = (1 << (len(given) - 1).bit_length()) - len(given) if given else 0
    return given + given[-1:] * missing
