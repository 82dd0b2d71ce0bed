"""The inbox within a test's session, which sees all that comes of it."""

from collections.abc import Sequence
from datetime import datetime

from portal import inbox
from portal.database.session_connection import in_session
from portal.extensions import db
from portal.inbox import Receipt
from portal.mux.webhook import MuxEvent


def receive_all(events: Sequence[MuxEvent], at: datetime) -> list[Receipt]:
    receipts = inbox.receive(in_session(), events, at)
    db.session.expire_all()
    return receipts


def receive(event: MuxEvent, at: datetime) -> Receipt:
    return receive_all([event], at)[0]
