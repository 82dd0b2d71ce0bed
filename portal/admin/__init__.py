"""For administrators: programmes, people, Mux's webhooks, mails, what is left behind at Mux, and what may be wrong."""

from portal.admin import (  # noqa: F401 - their views belong to the one blueprint
    doctor,
    events,
    invitations,
    mails,
    membership_lists,
    memberships,
    orphans,
    people,
)
