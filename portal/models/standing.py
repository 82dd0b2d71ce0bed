"""What an account's role and membership allow, however the account was read: as a row of its table or by column."""

import enum
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING


class Role(enum.StrEnum):
    """What a person may do at all; the access rules say what to whose programmes."""

    ADMIN = "ADMIN"
    COACH = "COACH"
    VIEWER = "VIEWER"


class Standing:
    """The questions that the access rules ask about somebody with an account."""

    if TYPE_CHECKING:
        role: Role
        member_until: datetime | None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def makes_programmes(self) -> bool:
        return self.role in {Role.ADMIN, Role.COACH}

    def is_member(self, at: datetime) -> bool:
        """Whether premium membership runs at that time."""
        return self.member_until is not None and at < self.member_until


@dataclass(frozen=True, kw_only=True)
class Person(Standing):
    """An account read by column, for answers that only look: nothing of it can be changed or loaded later."""

    id: int
    role: Role
    member_until: datetime | None
    granted_until: dict[uuid.UUID, datetime | None] = field(default_factory=dict)  # None: without an end

    def has_grant(self, product_id: uuid.UUID, at: datetime) -> bool:
        """Whether this one programme may be watched at that time, member or not."""
        if product_id not in self.granted_until:
            return False
        until = self.granted_until[product_id]
        return until is None or at < until
