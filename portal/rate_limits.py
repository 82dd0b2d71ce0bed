"""How often somebody may try: by network address and by account, so that nobody shuts out others."""

from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from time import time
from typing import cast

from flask import current_app, request
from limits import RateLimitItem, parse_many
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.config import Settings
from portal.models.user import EMAIL_MAX_CHARACTERS, normal_email


def make_rate_limiter(settings: Settings) -> FixedWindowRateLimiter:
    """Counts in this process, or in a Redis that all processes share (RATE_LIMIT_STORAGE_URL)."""
    return FixedWindowRateLimiter(storage_from_string(settings.rate_limit_storage_url))


def _limiter() -> FixedWindowRateLimiter:
    return cast("FixedWindowRateLimiter", current_app.extensions["rate_limiter"])


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How often one thing may be tried: for one account from one network address, and from that address in all.

    `per_account_anywhere` is for what reaches a person, such as mails: how often for one account, whoever tries.
    """

    name: str
    per_account: str
    per_address: str
    refusal: str
    per_account_anywhere: str = ""

    def refuse(self, account: str) -> None:
        """Raise TooManyRequests, with Retry-After, where it was tried too often lately."""
        for item, key in self._counters(account):
            if not _limiter().test(item, *key):
                wait_seconds = max(1, ceil(_limiter().get_window_stats(item, *key).reset_time - time()))
                raise TooManyRequests(self.refusal, response=None, retry_after=wait_seconds)

    def count(self, account: str) -> None:
        """Note one more try."""
        for item, key in self._counters(account):
            _limiter().hit(item, *key)

    def take(self, account: str) -> None:
        """Note one more try, or raise TooManyRequests."""
        self.refuse(account)
        self.count(account)

    def _counters(self, account: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        address = request.remote_addr or ""
        by_account = [(item, (self.name, address, account)) for item in parse_many(self.per_account)]
        by_address = [(item, (self.name, address)) for item in parse_many(self.per_address)]
        anywhere = parse_many(self.per_account_anywhere) if self.per_account_anywhere else []
        return [*by_account, *by_address, *((item, (self.name, "anywhere", account)) for item in anywhere)]


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
REGISTRATIONS = Limit(  # all of them, by the address that is registered
    name="registration",
    per_account="5 per hour",
    per_address="60 per hour",
    per_account_anywhere="10 per hour",
    refusal="This was tried too often. Look into your mail, or try again in an hour.",
)
PASSWORD_RESETS = Limit(  # all that were asked for, by the address that was typed
    name="password-reset",
    per_account="5 per hour",
    per_address="60 per hour",
    per_account_anywhere="10 per hour",
    refusal="A mail was asked for too often. Look into your mail, or try again in an hour.",
)
EMAIL_CHANGES = Limit(  # all that were asked for, by the address that was typed
    name="email-change",
    per_account="5 per hour",
    per_address="60 per hour",
    per_account_anywhere="10 per hour",
    refusal="A mail was asked for too often. Look into your mail, or try again in an hour.",
)
INVITATIONS = Limit(  # all of them, by the administrator
    name="invitation",
    per_account="100 per hour",
    per_address="200 per hour",
    refusal="Too many invitations within an hour. Wait a little, then try again.",
)
LINK_USES = Limit(  # all of them, by the link
    name="link-use",
    per_account="20 per minute",
    per_address="60 per minute; 600 per hour",
    refusal="This was tried too often. Wait a minute, then try again.",
)
TOKEN_REFRESHES = Limit(  # all of them
    name="token-refresh",
    per_account="30 per minute; 600 per hour",
    per_address="600 per minute; 6000 per hour",
    refusal="Tokens were refreshed too often. One is good for some minutes: keep it, then try again.",
)


def refuse_guessing(email: str) -> None:
    """Raise TooManyRequests, with Retry-After, where too many sign-ins have failed lately."""
    SIGN_INS.refuse(account_of(email))


def count_failed_sign_in(email: str) -> None:
    """Note one more failure against the network address and the account it was tried for."""
    SIGN_INS.count(account_of(email))


def refusal(error: TooManyRequests, page: str) -> Response:
    """The page, with what is said there, as an answer to somebody who tried too often."""
    return Response(page, HTTPStatus.TOO_MANY_REQUESTS, error.get_headers())


def account_of(email: str) -> str:
    """The name under which tries for an address are counted, whether it has an account or not."""
    return normal_email(email)[:EMAIL_MAX_CHARACTERS]
