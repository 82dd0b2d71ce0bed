"""What the doctor asks the database. One query each; nothing here is asked on anybody else's way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.extensions import db
from portal.models.discard import Discard
from portal.models.mail import Mail
from portal.models.periodic_work import PeriodicWork
from portal.models.programme import Programme
from portal.models.state import Status
from portal.models.upload import Upload
from portal.models.webhook_event import Outcome, WebhookEvent


@dataclass(frozen=True, kw_only=True)
class SignedVideo:
    """What plays with a token alone."""

    playback_id: str
    duration_seconds: int | None


def own_environment() -> str | None:
    """The environment of the newest event that changed a programme: it is about an upload that we made."""
    applied = select(WebhookEvent.environment).where(
        WebhookEvent.outcome == Outcome.APPLIED, WebhookEvent.environment.is_not(None)
    )
    return db.session.scalar(applied.order_by(WebhookEvent.id.desc()).limit(1))


def events_by_environment(since: datetime) -> dict[str, int]:
    """How many events each environment has sent."""
    counted = select(WebhookEvent.environment, func.count()).where(
        WebhookEvent.received_at >= since, WebhookEvent.environment.is_not(None)
    )
    found = db.session.execute(counted.group_by(WebhookEvent.environment).order_by(WebhookEvent.environment))
    return {environment: count for environment, count in found if environment is not None}


def last_event_at() -> datetime | None:
    return db.session.scalar(select(WebhookEvent.received_at).order_by(WebhookEvent.received_at.desc()).limit(1))


def first_upload_after(since: datetime) -> datetime | None:
    """When the first of the uploads was made at Mux that are newer than a moment."""
    made = select(Upload.created_at).where(Upload.mux_upload_id.is_not(None), Upload.created_at > since)
    return db.session.scalar(made.order_by(Upload.created_at).limit(1))


def count_untold_videos(since: datetime, until: datetime) -> int:
    """How many videos arrived that the portal knows of only by asking: no event about their programme has come."""
    told = select(WebhookEvent.id).where(
        WebhookEvent.product_id == Upload.product_id, WebhookEvent.received_at >= Upload.created_at
    )
    untold = select(func.count()).where(
        Upload.asset_id.is_not(None), Upload.created_at >= since, Upload.created_at <= until, ~told.exists()
    )
    return db.session.scalar(untold) or 0


def all_periodic_work() -> Sequence[PeriodicWork]:
    return db.session.scalars(select(PeriodicWork).order_by(PeriodicWork.name)).all()


def oldest_refused_discard() -> Discard | None:
    """Of what Mux was told to remove and would not, what has been waiting longest."""
    refused = select(Discard).where(Discard.done_at.is_(None), Discard.error.is_not(None))
    return db.session.scalar(refused.order_by(Discard.created_at).limit(1))


def count_overdue_questions(due_before: datetime) -> int:
    """How many attempts Mux should have been asked about by then."""
    overdue = select(func.count()).where(Upload.superseded_at.is_(None), Upload.check_due_at <= due_before)
    return db.session.scalar(overdue) or 0


def count_late_mails(made_before: datetime) -> int:
    """How many mails have been waiting since then."""
    return db.session.scalar(select(func.count()).where(Mail.sent_at.is_(None), Mail.created_at <= made_before)) or 0


def newest_signed_video() -> SignedVideo | None:
    """A programme to try the signing key with."""
    ready = select(Programme.mux_playback_id, Programme.duration_seconds).where(
        Programme.status == Status.READY, Programme.is_signed, Programme.mux_playback_id.is_not(None)
    )
    found = db.session.execute(ready.order_by(Programme.created_at.desc()).limit(1)).one_or_none()
    return SignedVideo(playback_id=str(found[0]), duration_seconds=found[1]) if found else None


def count_public_videos() -> int:
    """How many ready programmes play without a token."""
    public = select(func.count()).where(Programme.status == Status.READY, ~Programme.is_signed)
    return db.session.scalar(public) or 0
