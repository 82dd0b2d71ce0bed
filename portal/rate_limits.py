"""How often somebody may try: by network address and by account, so that nobody shuts out others."""

from dataclasses import dataclass
from math import ceil
from time import time

from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse_many
from werkzeug.exceptions import TooManyRequests

from portal.extensions import limiter
from portal.models.user import normal_email


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How often one thing may be tried: for one account from one network address, and from that address in all."""

    name: str
    per_account: str
    per_address: str
    refusal: str

    def refuse(self, account: str) -> None:
        """Raise TooManyRequests, with Retry-After, where it was tried too often lately."""
        for item, key in self._counters(account):
            if not limiter.limiter.test(item, *key):
                wait_seconds = max(1, ceil(limiter.limiter.get_window_stats(item, *key).reset_time - time()))
                raise TooManyRequests(self.refusal, response=None, retry_after=wait_seconds)

    def count(self, account: str) -> None:
        """Note one more try."""
        for item, key in self._counters(account):
            limiter.limiter.hit(item, *key)

    def _counters(self, account: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        address = get_remote_address()
        by_account = [(item, (self.name, address, account)) for item in parse_many(self.per_account)]
        return [*by_account, *((item, (self.name, address)) for item in parse_many(self.per_address))]


SIGN_INS = Limit(  # that failed
    name="sign-in",
    per_account="10 per minute; 100 per hour",
    per_address="60 per minute; 600 per hour",
    refusal="Too many sign-ins have failed. Wait a little, then try again.",
)
PASSWORD_CHANGES = Limit(  # that failed: a session left open is no place to guess its password
    name="password-change",
    per_account="10 per minute; 30 per hour",
    per_address="60 per minute; 600 per hour",
    refusal="The password was not right too often. Wait a little, then try again.",
)
TOKEN_REFRESHES = Limit(  # all of them
    name="token-refresh",
    per_account="30 per minute; 600 per hour",
    per_address="600 per minute; 6000 per hour",
    refusal="Tokens were refreshed too often. One is good for some minutes: keep it, then try again.",
)


def refuse_guessing(email: str) -> None:
    """Raise TooManyRequests, with Retry-After, where too many sign-ins have failed lately."""
    SIGN_INS.refuse(_account(email))


def count_failed_sign_in(email: str) -> None:
    """Note one more failure against the network address and the account it was tried for."""
    SIGN_INS.count(_account(email))


def _account(email: str) -> str:
    return normal_email(email)[:254]
