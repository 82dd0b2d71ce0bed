"""What was made of the database's words, kept in memory for as long as the database says the same.

What it says is its stamp (portal.database.stamp).
"""

from collections.abc import Hashable, Sized
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

Made = TypeVar("Made", bound=Sized)

MOST_KEPT_BYTES = 4 * 1024 * 1024  # or characters, by the length of what is kept


@dataclass(frozen=True)
class _Shelf(Generic[Made]):
    stamp: str
    made: dict[Hashable, tuple[datetime, datetime, Made]] = field(default_factory=dict)

    def has_room_for(self, made: Made) -> bool:
        return sum(len(each) for _, _, each in list(self.made.values())) + len(made) <= MOST_KEPT_BYTES


class Kept(Generic[Made]):
    """Keeps things by name under one stamp of the database; under another stamp they are all gone.

    One for all threads of a process: each looks at one shelf, and a new stamp brings a new shelf.
    """

    def __init__(self) -> None:
        self._shelf: _Shelf[Made] = _Shelf("")

    def find(self, name: Hashable, stamp: str, at: datetime) -> Made | None:
        """What was put there under this stamp, if it still holds at that time."""
        shelf = self._shelf
        if shelf.stamp != stamp or name not in shelf.made:
            return None
        since, until, made = shelf.made[name]
        return made if since <= at < until else None

    def put(self, name: Hashable, stamp: str, made: Made, *, at: datetime, until: datetime) -> None:
        """Keep what was made at `at` of a database that then had this stamp, or moved on while it was read."""
        if self._shelf.stamp != stamp or not self._shelf.has_room_for(made):
            self._shelf = _Shelf(stamp)
        self._shelf.made[name] = (at, until, made)
