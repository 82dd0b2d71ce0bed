"""Telling administrators of all failures at once: one digest for each, on every day that has something to tell."""

from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Notice, NoticeKind, Role, User
from portal.models.notice import notices_between
from portal.notices.telling import add_notices
from portal.notices.words import LINES_MAX, digest_lines, failure_line
from portal.upkeep.periodic import Run, Turn

FAILURES = (
    NoticeKind.VIDEO_FAILED,
    NoticeKind.VIDEO_REMOVED,
    NoticeKind.REPLACEMENT_FAILED,
    NoticeKind.UPLOAD_UNFINISHED,
)
MADE_FROM = time(6)  # o'clock, UTC
# A digest tells what happened until an hour before it may be made: a notice carries the moment when its cause was
# noticed, and may be committed minutes later. In between, it would belong to a digest that has been made already.
TELLS_UNTIL = time(5)
LOOKS_BACK = timedelta(days=30)  # the first digest, or the first after a very quiet year


def make_digest(at: datetime, _turn: Turn) -> Run:
    """Tell every enabled administrator what has failed since the digest before: in one transaction, once a day."""
    if at.time() < MADE_FROM:
        return Run(done=0)
    start, end = _last_end() or _end_on(at) - LOOKS_BACK, _end_on(at)
    enabled = select(User.id).where(User.role == Role.ADMIN, User.is_enabled).order_by(User.id)
    administrators = list(db.session.scalars(enabled))
    failures, count = notices_between(start, end, FAILURES, limit=LINES_MAX)
    made = 0
    if failures:
        lines = digest_lines([failure_line(failure, failure.user.name) for failure in failures], count)
        told = {"kind": NoticeKind.FAILURE_DIGEST, "title": str(count), "reason": lines, "created_at": at}
        keys = {user_id: f"{NoticeKind.FAILURE_DIGEST}:{at:%Y-%m-%d}:{user_id}" for user_id in administrators}
        made = add_notices(
            [{"key": key, "user_id": user_id, "product_id": None, **told} for user_id, key in keys.items()]
        )
    db.session.commit()
    return Run(done=made)


def _last_end() -> datetime | None:
    """Until when the newest digest told; None if there is none."""
    newest = db.session.scalar(select(func.max(Notice.created_at)).where(Notice.kind == NoticeKind.FAILURE_DIGEST))
    return _end_on(newest) if newest else None


def _end_on(at: datetime) -> datetime:
    return datetime.combine(at.date(), TELLS_UNTIL, tzinfo=at.tzinfo)
