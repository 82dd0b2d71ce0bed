"""Signed links that let whoever has them do one thing with one account.

Nothing is kept of a link. It holds a fingerprint of what using it changes, and so is void once it was used; and of
what ends with everything else of an account, so that a deactivation voids it, too.
"""

import enum
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from portal.config import current_settings
from portal.models import Invitation, Registration, User

LINK_MAX_CHARACTERS = 1024


class Purpose(enum.StrEnum):
    """What a link is for: no other use can be made of it."""

    RESET_PASSWORD = "reset-password"  # noqa: S105 - a purpose
    CHANGE_EMAIL = "change-email"
    REGISTER = "register"
    ACCEPT_INVITATION = "accept-invitation"


LASTS_FOR = {
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.CHANGE_EMAIL: timedelta(days=1),
    Purpose.REGISTER: timedelta(days=2),
    Purpose.ACCEPT_INVITATION: timedelta(days=7),
}
PATHS = {
    Purpose.RESET_PASSWORD: "/auth/reset-password",
    Purpose.CHANGE_EMAIL: "/auth/confirm",
    Purpose.REGISTER: "/auth/confirm",
    Purpose.ACCEPT_INVITATION: "/auth/invitation",
}


@dataclass(frozen=True, kw_only=True)
class AccountLink:
    """What a link says that is ours and not over: which row it is about, and an address where it brings a new one."""

    row_id: int
    email: str
    fingerprint: str

    def fits(self, row: User | Registration | Invitation) -> bool:
        """Whether the row still is as it was when the link was made."""
        return hmac.compare_digest(self.fingerprint, _fingerprint(row))


def make_link(purpose: Purpose, row: User | Registration | Invitation, *, at: datetime, email: str = "") -> str:
    """The whole address to send to whoever may use it."""
    expires_at = at + LASTS_FOR[purpose]
    token = _serializer(purpose).dumps([row.id, int(expires_at.timestamp()), _fingerprint(row), email])
    return f"{current_settings().public_url}{PATHS[purpose]}/{token}"


def read_link(purpose: Purpose, token: str, at: datetime) -> AccountLink | None:
    """The link, if it is one of ours, for this purpose, and not over. Whether it was used, its row says."""
    if len(token) > LINK_MAX_CHARACTERS:
        return None
    try:
        row_id, expires, fingerprint, email = _serializer(purpose).loads(token)
    except BadSignature:
        return None
    is_over = datetime.fromtimestamp(expires, UTC) <= at
    return None if is_over else AccountLink(row_id=row_id, email=email, fingerprint=fingerprint)


def _fingerprint(row: User | Registration | Invitation) -> str:
    """Signed too, with a key of its own, so that nobody can try passwords against it."""
    match row:
        case User():
            state: tuple[object, ...] = (row.email, row.password_hash, row.token_version)
        case Registration():
            state = (row.email, row.password_hash)
        case Invitation():
            state = (row.email, row.role.value, row.version)
    key = f"portal.account-link.state:{current_settings().secret_key}".encode()
    return hmac.new(key, "\n".join(map(str, state)).encode(), hashlib.sha256).hexdigest()


def _serializer(purpose: Purpose) -> URLSafeSerializer:
    """The key is derived of SECRET_KEY for one purpose alone: no other text of ours can be taken for such a link."""
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(
        current_settings().secret_key, salt=f"portal.account-link.{purpose}", signer_kwargs=options
    )
