"""Sessions of the pages: begun by signing in, found by the secret in the browser's cookie, ended one by one or all."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import cast

from flask import g
from sqlalchemy import Update, select, update
from sqlalchemy.orm import undefer

from portal.extensions import db
from portal.models import User, UserSession

SEEN_EVERY = timedelta(minutes=5)  # how exactly the last visit is kept


def begin_session(user: User, *, device: str, address: str, at: datetime) -> str:
    """Add a session; the secret that finds it again, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            token_hash=_hash(token), user_id=user.id, device=device, address=address, created_at=at, last_seen_at=at
        )
    )
    return token


def find_session(token: str, at: datetime) -> tuple[User, UserSession] | None:
    """The session that a secret belongs to, with its account; None once it is over or the account disabled.

    One query, which brings the bell's count along so that no page asks for that by itself.
    """
    chosen = select(User, UserSession).join(UserSession, UserSession.user_id == User.id)
    chosen = chosen.where(UserSession.token_hash == _hash(token)).options(undefer(User.unread_notices))
    found = db.session.execute(chosen).one_or_none()
    if found is None:
        return None
    user, user_session = found
    return (user, user_session) if user.is_enabled and not user_session.is_over(at) else None


def current_session() -> UserSession:
    """The session that this request came with; there is one wherever somebody is signed in."""
    return cast("UserSession", g.user_session)


def is_visit_to_note(user_session: UserSession, at: datetime) -> bool:
    return user_session.last_seen_at <= at - SEEN_EVERY


def note_visit(session_id: int, at: datetime) -> None:
    """Keep that a session was used; of several requests at the same moment one writes."""
    still_due = (UserSession.last_seen_at <= at - SEEN_EVERY, UserSession.ended_at.is_(None))
    noting = update(UserSession).where(UserSession.id == session_id, *still_due).values(last_seen_at=at)
    db.session.execute(_quietly(noting))


def end_session(user: User, session_id: int, *, at: datetime) -> None:
    """End one session of a person; nothing happens where it is not theirs."""
    chosen = (UserSession.user_id == user.id, UserSession.id == session_id, UserSession.ended_at.is_(None))
    db.session.execute(_quietly(update(UserSession).where(*chosen).values(ended_at=at)))


def end_sessions(user: User, *, at: datetime, but: UserSession | None = None) -> None:
    """End all sessions of a person, but for the one that is named."""
    ending = update(UserSession).where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
    if but is not None:
        ending = ending.where(UserSession.id != but.id)
    db.session.execute(_quietly(ending.values(ended_at=at)))


def _quietly(statement: Update) -> Update:
    return statement.execution_options(synchronize_session=False)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
