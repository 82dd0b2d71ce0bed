"""Sessions of the pages: begun by signing in, found by the secret in the browser's cookie, ended one by one or all."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from flask import g
from flask_login import UserMixin
from sqlalchemy import Update, bindparam, exists, func, select, update
from sqlalchemy.orm import aliased, undefer

from portal.database.bare_connections import BareConnections
from portal.database.gathered_select import GatheredSelect
from portal.database.stamp import StampColumn
from portal.extensions import db
from portal.models import Notice, Product, Programme, ProgrammeGrant, User, UserSession
from portal.models.programme_row import ProgrammeRow, programme_columns
from portal.models.session import is_over
from portal.models.standing import Person

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


class SeenSession(NamedTuple):
    """A session as far as a page that only looks needs it."""

    id: int
    last_seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class SignedIn(Person, UserMixin):
    """Whoever a session belongs to, read by column for a page that only looks; nothing of it can be changed."""

    name: str
    unread_notices: int
    session: SeenSession
    stamp: str  # where the database stood: portal.database.stamp
    page_programme: ProgrammeRow | None  # which the page is about that they ask for; they may not be allowed to see it


_coach = aliased(User)
_signed_in = (
    *(User.id, User.role, User.is_enabled, User.member_until, User.name),
    select(func.count(Notice.id)).where(Notice.user_id == User.id, Notice.read_at.is_(None)).scalar_subquery(),
    *(UserSession.id, UserSession.last_seen_at, UserSession.ended_at),
    exists().where(ProgrammeGrant.user_id == User.id).label("has_grants"),
    StampColumn(),
)
_SIGNED_IN = GatheredSelect(
    select(*_signed_in)
    .join(UserSession, UserSession.user_id == User.id)
    .where(UserSession.token_hash == bindparam("token_hash"))
)
_SIGNED_IN_FOR_PROGRAMME = GatheredSelect(
    select(*_signed_in, *programme_columns(Programme, Product, _coach))
    .join(UserSession, UserSession.user_id == User.id)
    .outerjoin(Programme, Programme.product_id == bindparam("product_id"))
    .outerjoin(Product, Product.id == Programme.product_id)
    .outerjoin(_coach, _coach.id == Product.owner_id)
    .where(UserSession.token_hash == bindparam("token_hash"))
)


def read_session(
    connections: BareConnections, token: str, at: datetime, product_id: uuid.UUID | None = None
) -> SignedIn | None:
    """As find_session, by column, with a programme besides. One query.

    None too for whom single programmes were opened: which ones is asked of their row when it is needed.
    """
    if product_id is None:
        row = connections.first(_SIGNED_IN, token_hash=_hash(token))
    else:
        row = connections.first(_SIGNED_IN_FOR_PROGRAMME, token_hash=_hash(token), product_id=product_id)
    if row is None:
        return None
    signed_in, programme = row[: len(_signed_in)], row[len(_signed_in) :]
    user_id, role, is_enabled, member_until, name, unread, session_id, last_seen_at = signed_in[:-3]
    ended_at, has_grants, stamp = signed_in[-3:]
    if has_grants or not is_enabled or is_over(ended_at, last_seen_at, at):
        return None
    return SignedIn(
        id=user_id,
        role=role,
        member_until=member_until,
        name=name,
        unread_notices=unread,
        session=SeenSession(session_id, last_seen_at),
        stamp=stamp,
        page_programme=ProgrammeRow._make(programme) if product_id and programme[0] else None,
    )


def current_session() -> UserSession:
    """The session that this request came with; there is one wherever somebody is signed in."""
    return cast("UserSession", g.user_session)


def is_visit_to_note(user_session: UserSession | SeenSession, at: datetime) -> bool:
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
