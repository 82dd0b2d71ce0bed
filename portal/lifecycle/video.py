"""What a report makes of a programme's video: it plays, it failed, it took another's place, it is gone."""

from typing import Any

from portal.lifecycle.hearing import Decision, Hearing
from portal.lifecycle.signing import play_by_signed_id
from portal.lifecycle.tables import NO_PLAYBACK_ID, OWN_WORDS
from portal.models import AttemptState, Happening, NoticeKind, Outcome, ProgrammeState, Status
from portal.mux.facts import Fact, Fault, Report


def become_ready(programme: ProgrammeState, attempt: AttemptState, hearing: Hearing) -> None:
    """Play the video from now on, and publish the programme where its coach wants that."""
    report = hearing.report
    if report.playback_id is None:
        become_errored(programme, NO_PLAYBACK_ID, hearing)
        hearing.tell_coach(programme, NoticeKind.VIDEO_FAILED, attempt.id, reason=NO_PLAYBACK_ID.message)
        return
    is_replacement = programme.is_playable
    is_published = not programme.is_deleted and (programme.is_published or programme.publish_when_ready)
    values = {
        **_video_values(report),
        "mux_asset_id": report.asset_id,
        "is_published": is_published,
        "published_at": programme.published_at or (hearing.at if is_published else None),
        "error_type": None,
        "error_message": None,
    }
    if is_replacement:
        why = "The new video is ready and took the place of the old one."
    else:
        why = "The video is ready and published." if is_published else "The video is ready."
    hearing.move(programme, Status.READY, why, values)
    kind = NoticeKind.REPLACEMENT_READY if is_replacement else NoticeKind.VIDEO_READY
    hearing.tell_coach(programme, kind, attempt.id)


def become_errored(programme: ProgrammeState, fault: Fault, hearing: Hearing) -> None:
    """Show the fault in the place of a video, to the coach alone."""
    values = {
        "error_type": fault.type,
        "error_message": fault.message,
        "is_published": False,
        "publish_when_ready": programme.is_published or programme.publish_when_ready,
        "mux_asset_id": None,
        "mux_playback_id": None,
        "duration_seconds": None,
    }
    hearing.move(programme, Status.ERRORED, fault.message, values)


def apply_to_replacement(programme: ProgrammeState, attempt: AttemptState, hearing: Hearing) -> Decision:
    """The old video plays on until the new one is ready, and for good if the new one fails."""
    report = hearing.report
    if report.fact is Fact.ASSET_CREATED:
        hearing.note(programme, Happening.ATTEMPT, "The new video has arrived at Mux.")
        return Decision(outcome=Outcome.APPLIED, reason="The new video has arrived; the old one plays on.")
    if report.fact is Fact.ASSET_READY and report.playback_id:
        former = programme.mux_asset_id
        become_ready(programme, attempt, hearing)
        if former:
            hearing.discard_asset(programme, former, "a new video took its place")
        return Decision(outcome=Outcome.APPLIED, reason="The new video took the place of the old one.")
    fault = report.fault or OWN_WORDS.get(report.fact, NO_PLAYBACK_ID)
    hearing.ledger.change(attempt, error_type=fault.type, error_message=fault.message)
    hearing.note(programme, Happening.ATTEMPT, f"The new video failed, the old one stays: {fault.message}")
    is_unfinished = report.fact is Fact.UPLOAD_TIMED_OUT
    kind = NoticeKind.UPLOAD_UNFINISHED if is_unfinished else NoticeKind.REPLACEMENT_FAILED
    hearing.tell_coach(programme, kind, attempt.id, reason=fault.message)
    return Decision(outcome=Outcome.APPLIED, reason="The new video failed; the old one plays on.")


def has_changed(programme: ProgrammeState, report: Report) -> bool:
    """Whether Mux says something else about the video that plays: another playback id, another length."""
    return report.playback_id is not None and any(
        value is not None and getattr(programme, name) != value for name, value in _video_values(report).items()
    )


def refresh_video(programme: ProgrammeState, attempt: AttemptState, hearing: Hearing) -> Decision:
    """Keep what Mux has changed about the video that plays; an event may be older than what is known, so ask."""
    report, at = hearing.report, hearing.at
    if not hearing.was_asked:
        hearing.ledger.change(attempt, check_due_at=at)
        return Decision(outcome=Outcome.CONTRADICTS, reason="It tells another playback id or length than is known.")
    if report.is_signed and report.asset_id and report.playback_id:
        play_by_signed_id(programme, report.asset_id, report.playback_id, hearing.ledger, at=at)
    values = {name: value for name, value in _video_values(report).items() if value is not None}
    hearing.ledger.revise(programme, "Mux changed the video's playback id or length.", at=at, values=values)
    return Decision(outcome=Outcome.APPLIED, reason="What Mux changed about the video is kept.")


def lose_video(programme: ProgrammeState, hearing: Hearing) -> Decision:
    """The asset that plays was deleted at Mux: nobody can watch it, so nobody is shown it."""
    if programme.status is not Status.READY:
        return Decision(outcome=Outcome.ALREADY_KNOWN, reason=f"The programme was {programme.status} before.")
    asset_id, fault = programme.mux_asset_id, OWN_WORDS[Fact.ASSET_DELETED]
    become_errored(programme, fault, hearing)
    hearing.tell_coach(programme, NoticeKind.VIDEO_REMOVED, str(asset_id), reason=fault.message)
    return Decision(outcome=Outcome.APPLIED, reason="The asset that played is gone at Mux.")


def _video_values(report: Report) -> dict[str, Any]:
    duration = None if report.duration_seconds is None else round(report.duration_seconds)
    return {"mux_playback_id": report.playback_id, "is_signed": report.is_signed, "duration_seconds": duration}
