"""Signing in and out, registering, invitations, forgotten passwords."""

from portal.auth import invitations, password_reset, registration  # noqa: F401 - their views belong to the one blueprint
