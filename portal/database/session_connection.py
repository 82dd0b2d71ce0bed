"""The connection of the session's transaction, for what goes past the session."""

from portal.database.bare_select import BareConnection
from portal.extensions import db


def in_session() -> BareConnection:
    """To read and write within the session's transaction, behind all that the session has still to write."""
    db.session.flush()
    return BareConnection.within(db.session.connection())
