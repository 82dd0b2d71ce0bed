"""Asking for somebody's password before what can't be undone."""

from portal.models import User
from portal.people.accounts import has_password
from portal.rate_limits import PASSWORD_CHANGES


def trouble_with_own_password(user: User, password: str) -> str | None:
    """What to say if it is not theirs, which counts as a guess; raises TooManyRequests after too many."""
    PASSWORD_CHANGES.refuse(str(user.id))
    if has_password(user, password):
        return None
    PASSWORD_CHANGES.count(str(user.id))
    return "This is not your password."
