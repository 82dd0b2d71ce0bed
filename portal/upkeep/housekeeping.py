"""What time brings about by itself: unfinished uploads are told of, deleted programmes go, old rows are removed."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, delete, select

from portal.config import current_settings
from portal.extensions import db
from portal.lifecycle.deletion import KEPT_AFTER_DELETION, remove_programme
from portal.lifecycle.moves import tell_coach
from portal.models import (
    IdempotencyKey,
    Invitation,
    Mail,
    MembershipList,
    Notice,
    NoticeKind,
    Programme,
    RefreshFamily,
    Registration,
    UserSession,
    WebhookEvent,
)
from portal.models.idempotency_key import KEPT_FOR
from portal.models.membership_list import LISTS_KEPT_FOR
from portal.models.programme import select_programme_for_update
from portal.models.session import LASTS_FOR
from portal.models.upload import select_current_upload, select_unfinished_products
from portal.upkeep.periodic import Run, Turn

BATCH = 500
UNFINISHED_AFTER = timedelta(days=1)
READ_NOTICES_KEPT_FOR = timedelta(days=365)
SENT_MAILS_KEPT_FOR = timedelta(days=30)
OLD_INVITATIONS_KEPT_FOR = timedelta(days=30)  # after they are over: until then they can be sent again


def tell_of_unfinished_uploads(at: datetime, turn: Turn) -> Run:
    """Tell the coaches of programmes whose upload was begun a day ago and has brought nothing."""
    told = 0
    for product_id in list(db.session.scalars(select_unfinished_products(at - UNFINISHED_AFTER, BATCH))):
        turn()
        programme = db.session.scalar(select_programme_for_update(product_id))
        attempt = db.session.scalar(select_current_upload(product_id))
        if programme is not None and attempt is not None and attempt.is_unfinished(at - UNFINISHED_AFTER):
            tell_coach(programme, NoticeKind.UPLOAD_UNFINISHED, attempt.id, at=at)
            attempt.reminded_at = at
            told += 1
        db.session.commit()
    db.session.commit()
    return Run(done=told)


def remove_deleted_programmes(at: datetime, turn: Turn) -> Run:
    """Remove for good what was deleted a week ago; what Mux has of it is discarded with it."""
    deleted_by = at - KEPT_AFTER_DELETION
    due = select(Programme.product_id).where(Programme.deleted_at <= deleted_by).limit(BATCH)
    removed = 0
    for product_id in list(db.session.scalars(due)):
        turn()
        programme = db.session.scalar(select_programme_for_update(product_id))
        if programme is not None and programme.deleted_at is not None and programme.deleted_at <= deleted_by:
            remove_programme(programme, at=at)
            removed += 1
        db.session.commit()
    db.session.commit()
    return Run(done=removed)


def forget_the_old(at: datetime, turn: Turn) -> Run:
    """Remove rows that have served: events, keys, mails, notices, sign-ins of all kinds, what came to no account."""
    events_kept_for = timedelta(days=current_settings().webhook_events_kept_days)
    forgotten = _delete(WebhookEvent, WebhookEvent.received_at < at - events_kept_for, turn)
    forgotten += _delete(IdempotencyKey, IdempotencyKey.created_at < at - KEPT_FOR, turn)
    forgotten += _delete(Mail, Mail.sent_at < at - SENT_MAILS_KEPT_FOR, turn)
    forgotten += _delete(MembershipList, MembershipList.created_at <= at - LISTS_KEPT_FOR, turn)
    forgotten += _delete(Notice, Notice.read_at < at - READ_NOTICES_KEPT_FOR, turn)
    forgotten += _delete(UserSession, UserSession.last_seen_at <= at - LASTS_FOR, turn)
    forgotten += _delete(RefreshFamily, RefreshFamily.expires_at <= at, turn)
    forgotten += _delete(Registration, Registration.expires_at <= at, turn)
    forgotten += _delete(Invitation, Invitation.expires_at <= at - OLD_INVITATIONS_KEPT_FOR, turn)
    return Run(done=forgotten)


Row = (
    type[WebhookEvent]
    | type[IdempotencyKey]
    | type[Mail]
    | type[MembershipList]
    | type[Notice]
    | type[UserSession]
    | type[RefreshFamily]
    | type[Registration]
    | type[Invitation]
)


def _delete(table: Row, is_old: ColumnElement[bool], turn: Turn) -> int:
    """A batch at a time, each in a transaction of its own, so that nobody waits long for the table."""
    deleted = 0
    while True:
        turn()
        gone = db.session.execute(delete(table).where(table.id.in_(select(table.id).where(is_old).limit(BATCH))))
        db.session.commit()
        count = gone.rowcount if isinstance(gone, CursorResult) else 0
        deleted += count
        if count < BATCH:
            return deleted
