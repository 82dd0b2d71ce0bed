"""For administrators: every programme, everybody, Mux's webhooks, and the mails that are sent."""

from portal.admin import mails  # noqa: F401 - its views belong to the blueprint in portal.admin.views
