"""The token in our forms (CSRF), signed once for each session: it lasts as long as the session does."""

from functools import lru_cache
from typing import cast

from flask import Flask, current_app, g, session
from flask_wtf.csrf import generate_csrf

from portal.conditional import FORM_TOKEN

MOST_REMEMBERED = 2048  # sessions


def register_form_tokens(app: Flask) -> None:
    """Give templates a `csrf_token` that remembers. Flask-WTF checks what comes back as ever."""

    @lru_cache(MOST_REMEMBERED)
    def signed(_own: str) -> str:
        return generate_csrf()

    app.extensions["signed_form_token"] = signed
    app.add_template_global(form_token, FORM_TOKEN)


def form_token() -> str:
    """As Flask-WTF's: one for all forms of a page, which stands in `g` (portal.conditional)."""
    if FORM_TOKEN not in session:
        generate_csrf()  # which puts it there
    g.csrf_token = current_app.extensions["signed_form_token"](session[FORM_TOKEN])
    return cast("str", g.csrf_token)
