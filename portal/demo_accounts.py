"""The demo's people, whose password everybody knows: made on this machine's own address only."""

from datetime import timedelta

from sqlalchemy import select

from portal.clock import utc_now
from portal.config import Settings
from portal.environ import is_loopback
from portal.extensions import db
from portal.models import Role, User
from portal.people.accounts import create_user

PASSWORD = "portal-demo"  # noqa: S105 - public on purpose
PEOPLE = (
    ("admin@example.com", "Ada Admin", Role.ADMIN, False),
    ("coach@example.com", "Carla Coach", Role.COACH, False),
    ("coach2@example.com", "Ciro Coach", Role.COACH, False),
    ("viewer@example.com", "Vera Viewer", Role.VIEWER, False),
    ("member@example.com", "Milo Member", Role.VIEWER, True),
)
MEMBERSHIP = timedelta(days=3650)


class NotADemoError(Exception):
    """This is no place for accounts that everybody can use."""


def make_demo_accounts(settings: Settings) -> None:
    """Add those that are missing; raises NotADemoError anywhere but in the demo. The caller commits."""
    if not settings.is_demo or not is_loopback(settings.public_url):
        raise NotADemoError("Demo accounts are made by `make run` only, on this machine's own address.")
    known = set(db.session.scalars(select(User.email).where(User.email.in_([email for email, *_ in PEOPLE]))))
    for email, name, role, is_member in PEOPLE:
        if email in known:
            continue
        user = create_user(email=email, name=name, password=PASSWORD, role=role, at=utc_now(), is_demo=True)
        user.member_until = utc_now() + MEMBERSHIP if is_member else None
    db.session.flush()
