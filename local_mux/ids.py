"""Ids as Mux makes them: opaque, unguessable, safe in a URL."""

import secrets
import string

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 44


def new_id() -> str:
    """Return a fresh id with more than 256 bits of chance."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
