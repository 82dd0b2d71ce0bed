"""The life of a programme and of its attempts to get a video: the only place where either changes state.

awaiting_upload -> processing -> ready, or errored: portal/transitions.py has the tables,
docs/life-of-a-programme.md the picture. Nothing here commits, speaks HTTP or calls Mux. Whoever calls holds the
programme's row lock (portal.access, portal.inbox).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm.attributes import set_committed_value

from portal.extensions import db
from portal.models import History, Outcome, Product, Programme, Status, Upload, UploadStatus, User
from portal.models.discarded_asset import discard_asset
from portal.models.upload import select_current_upload
from portal.mux.facts import DirectUpload, Fact, Fault, Report
from portal.transitions import (
    CONTRADICTIONS,
    NEXT_STATUS,
    NEXT_STATUS_WHEN_ASKED,
    NO_PLAYBACK_ID,
    OWN_WORDS,
    UPLOAD_STATUS,
)

CHECK_AFTER = timedelta(minutes=2)  # Mux's events come within seconds


class StateConflictError(Exception):
    """What was asked for does not fit the state the programme is in; the message is for the person who asked."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a report from Mux came to, and why, in a sentence for the operator."""

    outcome: Outcome
    reason: str


def begin_programme(owner: User, *, title: str, at: datetime) -> tuple[Programme, Upload]:
    """Keep a new programme and the intention to ask Mux for its first upload."""
    product = Product(owner=owner, created_at=at)
    programme = Programme(product=product, title=title, created_at=at, updated_at=at)
    db.session.add(programme)
    db.session.flush()
    upload = _add_attempt(programme, owner, at)
    _note(programme, None, Status.AWAITING_UPLOAD, "The programme was created.", at=at, actor=owner)
    return programme, upload


def begin_attempt(programme: Programme, by: User, *, at: datetime) -> Upload:
    """Replace the current attempt by a new one; whatever the old one still brings is discarded.

    Raises StateConflictError while a video that has arrived is being processed.
    """
    if programme.status is Status.PROCESSING:
        raise StateConflictError("Mux is working on the video that was uploaded. A new one can follow once it is done.")
    former = db.session.scalar(select_current_upload(programme.product_id))
    if former is not None:
        former.superseded_at = former.updated_at = at
        former.check_due_at = None
        if former.asset_id and former.asset_id != programme.mux_asset_id:
            discard_asset(former.asset_id, programme.product_id, "another attempt took its place", at)
        db.session.flush()
    upload = _add_attempt(programme, by, at)
    if programme.status is Status.ERRORED:
        cleared = {"error_type": None, "error_message": None}
        _move(programme, Status.AWAITING_UPLOAD, "A new attempt was begun.", at=at, actor=by, values=cleared)
    else:
        _note(programme, programme.status, programme.status, "A fresh upload link was asked for.", at=at, actor=by)
    return upload


def keep_upload(upload: Upload, answer: DirectUpload, *, is_handed_out: bool, at: datetime) -> None:
    """Keep the address that Mux gave for an attempt. `is_handed_out`: whether somebody is about to be told it."""
    upload.mux_upload_id, upload.url = answer.id, answer.url
    upload.status, upload.updated_at = UploadStatus.WAITING, at
    if answer.timeout_seconds:
        upload.url_expires_at = at + timedelta(seconds=answer.timeout_seconds)
        upload.check_due_at = upload.url_expires_at
    if is_handed_out:
        hand_out(upload, at=at)


def hand_out(upload: Upload, *, at: datetime) -> None:
    """Note that somebody is being told an attempt's address: from now on a video may come through it."""
    upload.url_given_at = at
    upload.check_due_at = next_check(upload, at)


def next_check(upload: Upload, at: datetime) -> datetime:
    """When to ask Mux about an attempt that is under way, should no event come.

    Every two minutes, and ever less often while a file is waited for, but in any case when its time is over.
    """
    ends_at = upload.url_expires_at or at
    if upload.status is not UploadStatus.WAITING or ends_at <= at:
        return at + CHECK_AFTER
    if upload.url_given_at is None:
        return ends_at
    return min(at + max(CHECK_AFTER, (at - upload.url_given_at) / 4), ends_at)


def drop_programme(programme: Programme) -> None:
    """Take back a programme that never came to anything, with its attempts and history."""
    product = programme.product
    db.session.delete(programme)
    db.session.flush()
    db.session.delete(product)


def set_published(programme: Programme, *, wanted: bool, by: User, at: datetime) -> None:
    """Publish or withdraw. Before there is a video, withdrawing means: not by itself once it is ready.

    Raises StateConflictError for publishing a programme that has nothing to play.
    """
    if wanted and not programme.is_playable:
        raise StateConflictError("A programme can be published once its video is ready.")
    choose_publication(programme, when_ready=wanted, at=at)
    if wanted == programme.is_published:
        return
    programme.is_published = wanted
    programme.published_at = programme.published_at or at
    programme.updated_at = at
    why = "The programme was published." if wanted else "The programme was withdrawn from the catalogue."
    _note(programme, programme.status, programme.status, why, at=at, actor=by)


def choose_publication(programme: Programme, *, when_ready: bool, at: datetime) -> None:
    """Keep whether the programme is published by itself once its video is ready."""
    if programme.publish_when_ready != when_ready:
        programme.publish_when_ready, programme.updated_at = when_ready, at


def apply_report(
    programme: Programme,
    attempt: Upload | None,
    report: Report,
    *,
    at: datetime,
    was_asked: bool = False,
    mux_event_id: str | None = None,
) -> Decision:
    """Let what Mux says about an attempt change the programme, if it is the current attempt and the change is allowed.

    `attempt` is the one that the report names by its ids, None where it names none that is known. `was_asked`
    marks Mux's answer to a question, which settles what an event, perhaps late, must leave open.
    """
    current = db.session.scalar(select_current_upload(programme.product_id))
    if attempt is None and current is not None and _may_adopt(current, report):
        attempt = current
    if attempt is None and current is not None and report.upload_id is None:
        current.check_due_at = at
        return Decision(outcome=Outcome.CONTRADICTS, reason="It does not say which attempt it belongs to.")
    if report.fact is Fact.ASSET_DELETED and report.asset_id == programme.mux_asset_id:
        return _lose_video(programme, report, at=at, mux_event_id=mux_event_id)
    if attempt is None or current is None or attempt is not current:
        return _set_aside(programme, attempt, report, at)
    if _names_other_ids(current, report):
        current.check_due_at = at
        return Decision(outcome=Outcome.CONTRADICTS, reason="It names another asset than the attempt has.")
    return _apply_to_current(programme, current, report, at=at, was_asked=was_asked, mux_event_id=mux_event_id)


def _apply_to_current(
    programme: Programme, attempt: Upload, report: Report, *, at: datetime, was_asked: bool, mux_event_id: str | None
) -> Decision:
    is_replacement = programme.is_playable and programme.mux_asset_id not in {attempt.asset_id, report.asset_id}
    step = (programme.status, report.fact)
    if not was_asked and not is_replacement and _contradicts(attempt, programme, report):
        attempt.check_due_at = at
        return Decision(outcome=Outcome.CONTRADICTS, reason=f"{report.fact} of a programme that is {programme.status}.")
    _update_attempt(attempt, report, at)
    if is_replacement:
        return _apply_to_replacement(programme, attempt, report, at=at, mux_event_id=mux_event_id)
    target = (NEXT_STATUS_WHEN_ASKED if was_asked else NEXT_STATUS).get(step)
    if target is None:
        if step == (Status.READY, Fact.ASSET_READY) and _has_changed(programme, report):
            return _refresh_video(programme, attempt, report, at=at, was_asked=was_asked)
        return Decision(outcome=Outcome.ALREADY_KNOWN, reason=f"The programme was {programme.status} before.")
    if target is Status.READY:
        _become_ready(programme, report, at=at, mux_event_id=mux_event_id)
    elif target is Status.ERRORED:
        fault = report.fault or OWN_WORDS[report.fact]
        _become_errored(programme, fault, at=at, mux_event_id=mux_event_id)
    else:
        _move(programme, target, "Mux has the whole file.", at=at, mux_event_id=mux_event_id)
    return Decision(outcome=Outcome.APPLIED, reason=f"The programme is {programme.status}.")


def _contradicts(attempt: Upload, programme: Programme, report: Report) -> bool:
    if report.fact is Fact.ASSET_READY and report.playback_id is None:
        return True
    if (programme.status, report.fact) == (Status.ERRORED, Fact.ASSET_CREATED):
        return attempt.asset_id is None
    return (programme.status, report.fact) in CONTRADICTIONS


def _may_adopt(current: Upload, report: Report) -> bool:
    """Whether a report that names no attempt we know can only mean the current one.

    So it is when our note of Mux's answer was lost before it was kept, or when an event names its asset alone and
    there has never been another attempt.
    """
    if report.upload_id is not None:
        return current.mux_upload_id is None and current.asset_id in {None, report.asset_id}
    attempts = db.session.scalar(
        select(func.count()).select_from(Upload).where(Upload.product_id == current.product_id)
    )
    return current.asset_id in {None, report.asset_id} and attempts == 1


def _names_other_ids(current: Upload, report: Report) -> bool:
    pairs = ((current.mux_upload_id, report.upload_id), (current.asset_id, report.asset_id))
    return any(known and named and known != named for known, named in pairs)


def _set_aside(programme: Programme, attempt: Upload | None, report: Report, at: datetime) -> Decision:
    """Nothing changes for the programme, and an asset that no one will watch is discarded."""
    if attempt is None:
        return Decision(outcome=Outcome.SUPERSEDED, reason="It belongs to no attempt of this programme.")
    if attempt.asset_id is None or attempt.asset_id == report.asset_id:
        _update_attempt(attempt, report, at)
    if report.fact is Fact.ASSET_DELETED:
        return Decision(outcome=Outcome.SUPERSEDED, reason="The asset of an earlier attempt is gone at Mux.")
    if report.asset_id and report.asset_id != programme.mux_asset_id:
        discard_asset(report.asset_id, programme.product_id, "its attempt was superseded", at)
    return Decision(outcome=Outcome.SUPERSEDED, reason="A newer attempt has taken the place of this one.")


def _update_attempt(attempt: Upload, report: Report, at: datetime) -> None:
    attempt.mux_upload_id = attempt.mux_upload_id or report.upload_id
    attempt.asset_id = attempt.asset_id or report.asset_id
    attempt.status, attempt.updated_at = UPLOAD_STATUS[report.fact], at
    attempt.check_due_at = next_check(attempt, at) if report.fact is Fact.ASSET_CREATED else None
    fault = report.fault or OWN_WORDS.get(report.fact)
    if fault:
        attempt.error_type, attempt.error_message = fault.type, fault.message


def _apply_to_replacement(
    programme: Programme, attempt: Upload, report: Report, *, at: datetime, mux_event_id: str | None
) -> Decision:
    """The old video plays on until the new one is ready, and for good if the new one fails."""
    if report.fact is Fact.ASSET_READY and report.playback_id:
        former = programme.mux_asset_id
        _become_ready(programme, report, at=at, mux_event_id=mux_event_id)
        if former:
            discard_asset(former, programme.product_id, "a new video took its place", at)
        return Decision(outcome=Outcome.APPLIED, reason="The new video took the place of the old one.")
    if attempt.error_type:
        why = f"The new video failed, the old one stays: {attempt.error_message}"
        _note(programme, programme.status, programme.status, why, at=at, mux_event_id=mux_event_id)
    return Decision(outcome=Outcome.APPLIED, reason="Kept for the attempt; the old video plays on.")


def _become_ready(programme: Programme, report: Report, *, at: datetime, mux_event_id: str | None) -> None:
    if report.playback_id is None:
        _become_errored(programme, NO_PLAYBACK_ID, at=at, mux_event_id=mux_event_id)
        return
    is_published = programme.is_published or programme.publish_when_ready
    values = {
        **_video_values(report),
        "mux_asset_id": report.asset_id,
        "is_published": is_published,
        "published_at": programme.published_at or (at if is_published else None),
        "error_type": None,
        "error_message": None,
    }
    why = "The video is ready and published." if is_published else "The video is ready."
    _move(programme, Status.READY, why, at=at, values=values, mux_event_id=mux_event_id)


def _video_values(report: Report) -> dict[str, Any]:
    duration = None if report.duration_seconds is None else round(report.duration_seconds)
    return {"mux_playback_id": report.playback_id, "is_signed": report.is_signed, "duration_seconds": duration}


def _has_changed(programme: Programme, report: Report) -> bool:
    """Whether Mux says something else about the video that plays: another playback id, another length."""
    return report.playback_id is not None and any(
        value is not None and getattr(programme, name) != value for name, value in _video_values(report).items()
    )


def _refresh_video(programme: Programme, attempt: Upload, report: Report, *, at: datetime, was_asked: bool) -> Decision:
    """Keep what Mux has changed about the video that plays; an event may be older than what is known, so ask."""
    if not was_asked:
        attempt.check_due_at = at
        return Decision(outcome=Outcome.CONTRADICTS, reason="It tells another playback id or length than is known.")
    for name, value in _video_values(report).items():
        if value is not None:
            setattr(programme, name, value)
    programme.updated_at = at
    return Decision(outcome=Outcome.APPLIED, reason="What Mux changed about the video is kept.")


def _become_errored(programme: Programme, fault: Fault, *, at: datetime, mux_event_id: str | None) -> None:
    values = {
        "error_type": fault.type,
        "error_message": fault.message,
        "is_published": False,
        "publish_when_ready": programme.is_published or programme.publish_when_ready,
        "mux_asset_id": None,
        "mux_playback_id": None,
        "duration_seconds": None,
    }
    _move(programme, Status.ERRORED, fault.message, at=at, values=values, mux_event_id=mux_event_id)


def _lose_video(programme: Programme, report: Report, *, at: datetime, mux_event_id: str | None) -> Decision:
    """The asset that plays was deleted at Mux: nobody can watch it, so nobody is shown it."""
    if programme.status is not Status.READY:
        return Decision(outcome=Outcome.ALREADY_KNOWN, reason=f"The programme was {programme.status} before.")
    _become_errored(programme, OWN_WORDS[report.fact], at=at, mux_event_id=mux_event_id)
    return Decision(outcome=Outcome.APPLIED, reason="The asset that played is gone at Mux.")


def _add_attempt(programme: Programme, by: User, at: datetime) -> Upload:
    upload = Upload(product_id=programme.product_id, created_by_id=by.id, created_at=at, updated_at=at)
    db.session.add(upload)
    db.session.flush()
    return upload


def _move(
    programme: Programme,
    to: Status,
    why: str,
    *,
    at: datetime,
    actor: User | None = None,
    values: Mapping[str, Any] | None = None,
    mux_event_id: str | None = None,
) -> None:
    """The one way by which a status changes: only from the status that the decision was made on, and never unnoted."""
    before = programme.status
    kept = {**(values or {}), "status": to, "updated_at": at}
    db.session.flush()
    changed = db.session.execute(
        update(Programme)
        .where(Programme.product_id == programme.product_id, Programme.status == before)
        .values(kept)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        raise StateConflictError("The programme changed in the meantime.")
    for name, value in kept.items():
        set_committed_value(programme, name, value)
    _note(programme, before, to, why, at=at, actor=actor, mux_event_id=mux_event_id)


def _note(
    programme: Programme,
    before: Status | None,
    after: Status,
    why: str,
    *,
    at: datetime,
    actor: User | None = None,
    mux_event_id: str | None = None,
) -> None:
    db.session.add(
        History(
            product_id=programme.product_id,
            at=at,
            actor_id=actor.id if actor else None,
            from_status=before,
            to_status=after,
            why=why,
            mux_event_id=mux_event_id,
        )
    )
