"""The accounts of a filled database: an administrator, coaches, viewers, some of them premium members."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher

from portal.models import Role

PASSWORD = "benchmarks-only"  # noqa: S105 - for databases that a run makes and drops
COACHES, VIEWERS = 200, 300
COACH, MEMBER = "coach-1@bench.example", "viewer-1@bench.example"  # the first viewer is a premium member
FIRST_NAMES = ("Ada", "Ben", "Chloé", "Dmitri", "Emre", "Fatima", "Grace", "Håkon", "Ines", "Jun", "Karim", "Lucía")
LAST_NAMES = ("Almeida", "Berg", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jensen", "Kaya")


def people(at: datetime) -> Iterator[dict[str, Any]]:
    """A row for each, all with PASSWORD; every third viewer is a member for a year to come."""
    password_hash = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(PASSWORD)
    roles = [("admin", Role.ADMIN, 1), ("coach", Role.COACH, COACHES), ("viewer", Role.VIEWER, VIEWERS)]
    for kind, role, count in roles:
        for number in range(1, count + 1):
            is_member = role is Role.VIEWER and number % 3 == 1
            yield {
                "email": f"{kind}-{number}@bench.example",
                "name": f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number % len(LAST_NAMES)]}",
                "password_hash": password_hash,
                "role": role,
                "member_until": at + timedelta(days=365) if is_member else None,
                "is_enabled": True,
                "is_demo": False,
                "created_at": at - timedelta(days=800),
            }
