"""What Mux says, and what becomes of a programme through it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.extensions import db
from portal.lifecycle.attempts import next_check
from portal.lifecycle.moves import move, note
from portal.lifecycle.signing import play_by_signed_id
from portal.lifecycle.tables import (
    CONTRADICTIONS,
    NEXT_STATUS,
    NEXT_STATUS_WHEN_ASKED,
    NO_PLAYBACK_ID,
    OWN_WORDS,
    UPLOAD_STATUS,
)
from portal.models import Happening, NoticeKind, Outcome, Programme, Status, Upload
from portal.models.discard import discard_asset
from portal.models.upload import select_current_upload
from portal.mux.facts import Fact, Fault, Report
from portal.notices.telling import tell_coach


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a report from Mux came to, and why, in a sentence for the operator."""

    outcome: Outcome
    reason: str


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

    `attempt` is the one that the report names by its ids, None where it names none that is known; it was read after
    the programme was locked. `was_asked` marks Mux's answer to a question, which settles what an event, perhaps late,
    must leave open.
    """
    is_the_current = attempt is not None and attempt.is_current
    current = attempt if is_the_current else db.session.scalar(select_current_upload(programme.product_id))
    if attempt is None and current is not None and _may_adopt(current, report):
        attempt = current
    if attempt is None and current is not None and report.upload_id is None:
        current.check_due_at = at
        return Decision(outcome=Outcome.CONTRADICTS, reason="It does not say which attempt it belongs to.")
    if report.fact is Fact.ASSET_DELETED and report.asset_id == programme.mux_asset_id:
        return _lose_video(programme, at=at, mux_event_id=mux_event_id)
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
    if not was_asked and _contradicts(attempt, programme, report, is_replacement=is_replacement):
        attempt.check_due_at = at
        return Decision(outcome=Outcome.CONTRADICTS, reason=f"{report.fact} of a programme that is {programme.status}.")
    was_known = _is_known(attempt, report)
    _update_attempt(attempt, report, at)
    if is_replacement:
        if was_known:
            return Decision(outcome=Outcome.ALREADY_KNOWN, reason="So much was known of the new video before.")
        return _apply_to_replacement(programme, attempt, report, at=at, mux_event_id=mux_event_id)
    target = (NEXT_STATUS_WHEN_ASKED if was_asked else NEXT_STATUS).get(step)
    if target is None:
        if step == (Status.READY, Fact.ASSET_READY) and _has_changed(programme, report):
            return _refresh_video(programme, attempt, report, at=at, was_asked=was_asked)
        return Decision(outcome=Outcome.ALREADY_KNOWN, reason=f"The programme was {programme.status} before.")
    if target is Status.READY:
        _become_ready(programme, attempt, report, at=at, mux_event_id=mux_event_id)
    elif target is Status.ERRORED:
        fault = report.fault or OWN_WORDS[report.fact]
        _become_errored(programme, fault, at=at, mux_event_id=mux_event_id)
        kind = NoticeKind.UPLOAD_UNFINISHED if report.fact is Fact.UPLOAD_TIMED_OUT else NoticeKind.VIDEO_FAILED
        tell_coach(programme, kind, attempt.id, at=at, reason=fault.message)
    else:
        move(programme, target, "Mux has the whole file.", at=at, mux_event_id=mux_event_id)
    return Decision(outcome=Outcome.APPLIED, reason=f"The programme is {programme.status}.")


def _contradicts(attempt: Upload, programme: Programme, report: Report, *, is_replacement: bool) -> bool:
    if report.fact is Fact.ASSET_READY and report.playback_id is None:
        return True
    if is_replacement:
        return report.fact is Fact.ASSET_READY and attempt.error_type is not None
    if (programme.status, report.fact) == (Status.ERRORED, Fact.ASSET_CREATED):
        return attempt.asset_id is None
    return (programme.status, report.fact) in CONTRADICTIONS


def _is_known(attempt: Upload, report: Report) -> bool:
    """Whether the attempt has got as far as the report says: the video has arrived, or it has failed."""
    if report.fact is Fact.ASSET_CREATED:
        return attempt.asset_id is not None
    return report.fact is not Fact.ASSET_READY and attempt.error_type is not None


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
    if report.fact is Fact.ASSET_CREATED:
        note(programme, Happening.ATTEMPT, "The new video has arrived at Mux.", at=at, mux_event_id=mux_event_id)
        return Decision(outcome=Outcome.APPLIED, reason="The new video has arrived; the old one plays on.")
    if report.fact is Fact.ASSET_READY and report.playback_id:
        former = programme.mux_asset_id
        _become_ready(programme, attempt, report, at=at, mux_event_id=mux_event_id)
        if former:
            discard_asset(former, programme.product_id, "a new video took its place", at)
        return Decision(outcome=Outcome.APPLIED, reason="The new video took the place of the old one.")
    fault = report.fault or OWN_WORDS.get(report.fact, NO_PLAYBACK_ID)
    attempt.error_type, attempt.error_message = fault.type, fault.message
    why = f"The new video failed, the old one stays: {fault.message}"
    note(programme, Happening.ATTEMPT, why, at=at, mux_event_id=mux_event_id)
    is_unfinished = report.fact is Fact.UPLOAD_TIMED_OUT
    kind = NoticeKind.UPLOAD_UNFINISHED if is_unfinished else NoticeKind.REPLACEMENT_FAILED
    tell_coach(programme, kind, attempt.id, at=at, reason=fault.message)
    return Decision(outcome=Outcome.APPLIED, reason="The new video failed; the old one plays on.")


def _become_ready(
    programme: Programme, attempt: Upload, report: Report, *, at: datetime, mux_event_id: str | None
) -> None:
    if report.playback_id is None:
        _become_errored(programme, NO_PLAYBACK_ID, at=at, mux_event_id=mux_event_id)
        tell_coach(programme, NoticeKind.VIDEO_FAILED, attempt.id, at=at, reason=NO_PLAYBACK_ID.message)
        return
    is_replacement = programme.is_playable
    is_published = not programme.is_deleted and (programme.is_published or programme.publish_when_ready)
    values = {
        **_video_values(report),
        "mux_asset_id": report.asset_id,
        "is_published": is_published,
        "published_at": programme.published_at or (at if is_published else None),
        "error_type": None,
        "error_message": None,
    }
    if is_replacement:
        why = "The new video is ready and took the place of the old one."
    else:
        why = "The video is ready and published." if is_published else "The video is ready."
    move(programme, Status.READY, why, at=at, values=values, mux_event_id=mux_event_id)
    kind = NoticeKind.REPLACEMENT_READY if is_replacement else NoticeKind.VIDEO_READY
    tell_coach(programme, kind, attempt.id, at=at)


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
    if report.is_signed and report.asset_id and report.playback_id:
        play_by_signed_id(programme, report.asset_id, report.playback_id, at=at)
    for name, value in _video_values(report).items():
        if value is not None:
            setattr(programme, name, value)
    programme.updated_at = at
    note(programme, Happening.ATTEMPT, "Mux changed the video's playback id or length.", at=at)
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
    move(programme, Status.ERRORED, fault.message, at=at, values=values, mux_event_id=mux_event_id)


def _lose_video(programme: Programme, *, at: datetime, mux_event_id: str | None) -> Decision:
    """The asset that plays was deleted at Mux: nobody can watch it, so nobody is shown it."""
    if programme.status is not Status.READY:
        return Decision(outcome=Outcome.ALREADY_KNOWN, reason=f"The programme was {programme.status} before.")
    asset_id, fault = programme.mux_asset_id, OWN_WORDS[Fact.ASSET_DELETED]
    _become_errored(programme, fault, at=at, mux_event_id=mux_event_id)
    tell_coach(programme, NoticeKind.VIDEO_REMOVED, str(asset_id), at=at, reason=fault.message)
    return Decision(outcome=Outcome.APPLIED, reason="The asset that played is gone at Mux.")
