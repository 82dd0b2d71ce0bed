"""The part of a page that is the same for all who are shown alike, kept while the database says the same."""

import uuid
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, current_app
from markupsafe import Markup

from portal.access import shown_alike, viewer_here
from portal.database.bare_connections import current_bare_connections
from portal.database.stamp import DatabaseStamp
from portal.extensions import db
from portal.kept import Kept
from portal.people.sessions import SignedIn, read_session

KEPT_FOR = timedelta(minutes=1)  # tokens of pictures last a day from when they were written down


class KeptParts:
    """Parts of pages, of one process."""

    def __init__(self, app: Flask) -> None:
        with app.app_context():
            self.stamp = DatabaseStamp(db.engine)
        self._made: Kept[str] = Kept()

    def part(self, name: Hashable, stamp: str, make: Callable[[], str], at: datetime) -> str:
        """What is kept under this name and stamp, or else what `make` makes now."""
        kept = self._made.find(name, stamp, at)
        if kept is None:
            kept = make()
            self._made.put(name, stamp, kept, at=at, until=at + KEPT_FOR)
        return kept


def current_parts() -> KeptParts:
    """The parts of the application at work."""
    return cast("KeptParts", current_app.extensions["kept_parts"])


def person_looking(token: str, at: datetime, product_id: uuid.UUID | None) -> SignedIn | None:
    """Whoever a session belongs to, for a page that only looks, with the programme that the page is about, if any.

    None where nobody is found, or where it takes their row to know what they may watch (read_session).
    """
    beforehand = current_parts().stamp.before_reading()
    person = read_session(current_bare_connections(), token, at, product_id)
    return replace(person, stamp=beforehand) if person and beforehand else person


def part_of_page(name: Hashable, make: Callable[[], str], at: datetime) -> Markup:
    """HTML that templates make: kept, if whoever looks was read for looking only (portal.auth.views)."""
    viewer = viewer_here()
    if isinstance(viewer, SignedIn):
        part = current_parts().part((name, *shown_alike(viewer, at)), viewer.stamp, make, at)
    else:
        part = make()
    return Markup(part)  # noqa: S704 - templates have escaped it
