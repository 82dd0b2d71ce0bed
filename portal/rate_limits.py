"""How often somebody may guess a password: only failed sign-ins count, by network address and by account."""

from math import ceil
from time import time

from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse_many
from werkzeug.exceptions import TooManyRequests

from portal.extensions import limiter
from portal.models.user import normal_email

PER_ACCOUNT = parse_many("10 per minute; 100 per hour")  # from one network address
PER_ADDRESS = parse_many("60 per minute; 600 per hour")


def refuse_guessing(email: str) -> None:
    """Raise TooManyRequests, with Retry-After, where too many sign-ins have failed lately."""
    for item, key in _limits(email):
        if not limiter.limiter.test(item, *key):
            wait_seconds = max(1, ceil(limiter.limiter.get_window_stats(item, *key).reset_time - time()))
            raise TooManyRequests(
                "Too many sign-ins have failed. Wait a little, then try again.",
                response=None,
                retry_after=wait_seconds,
            )


def count_failed_sign_in(email: str) -> None:
    """Note one more failure against the network address and the account it was tried for."""
    for item, key in _limits(email):
        limiter.limiter.hit(item, *key)


def _limits(email: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    address = get_remote_address()
    by_account = [(item, ("sign-in", address, normal_email(email)[:254])) for item in PER_ACCOUNT]
    return [*by_account, *((item, ("sign-in", address)) for item in PER_ADDRESS)]
