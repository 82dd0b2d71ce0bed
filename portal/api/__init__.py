"""The JSON API: the same under /programme and /api/programme, /auth/token and /api/auth/token."""

from portal.api import memberships  # noqa: F401 - its views belong to the one blueprint
