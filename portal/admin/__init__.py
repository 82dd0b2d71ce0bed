"""For administrators: programmes, people, Mux's webhooks, mails, what is left behind at Mux, and what may be wrong."""

from portal.admin import doctor, invitations, mails, orphans, people  # noqa: F401 - their views belong to the one blueprint
