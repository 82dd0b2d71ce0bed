"""The way about in the header of pages, written once for all that would read the same."""

from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, render_template, request
from markupsafe import Markup

from portal.access import person_here
from portal.form_tokens import form_token

MOST_REMEMBERED = 1024  # of one to two thousand characters


class Reader(NamedTuple):
    """What the header tells of whoever is signed in."""

    name: str
    makes_programmes: bool
    is_admin: bool
    unread_notices: int
    form_token: str


def register_navigation(app: Flask) -> None:
    """Give templates `navigation()`."""

    @lru_cache(MOST_REMEMBERED)
    def written(_root: str, endpoint: str | None, reader: Reader) -> Markup:
        return _written(endpoint=endpoint, reader=reader)

    def navigation() -> Markup:
        """The links, and for whoever is signed in their name and the way out."""
        reader = _reader_here()
        if reader is None:  # any path may be asked for, and is in the link to sign in
            return _written(endpoint=request.endpoint, back_to=request.path)
        return written(request.root_path, request.endpoint, reader)

    app.add_template_global(navigation)


def _written(**given: object) -> Markup:
    """What is remembered depends on nothing but what is given here."""
    return Markup(render_template("layouts/_navigation.html", **given))  # noqa: S704 - it escapes


def _reader_here() -> Reader | None:
    person: Any = person_here()  # or Flask-Login's stand-in for nobody
    if not person.is_authenticated:
        return None
    return Reader(
        name=person.name,
        makes_programmes=person.makes_programmes,
        is_admin=person.is_admin,
        unread_notices=person.unread_notices if person.makes_programmes else 0,
        form_token=form_token(),
    )
