"""What Mux says, and what becomes of a programme through it."""

from collections.abc import Sequence
from datetime import datetime

from portal.database.session_connection import in_session
from portal.extensions import db
from portal.lifecycle.attempts import next_check
from portal.lifecycle.hearing import Decision, Hearing
from portal.lifecycle.ledger import Ledger
from portal.lifecycle.tables import CONTRADICTIONS, NEXT_STATUS, NEXT_STATUS_WHEN_ASKED, OWN_WORDS, UPLOAD_STATUS
from portal.lifecycle.video import (
    apply_to_replacement,
    become_errored,
    become_ready,
    has_changed,
    lose_video,
    refresh_video,
)
from portal.models import AttemptState, NoticeKind, Outcome, Programme, ProgrammeState, Status, Upload
from portal.models.upload import select_attempts
from portal.mux.facts import Fact, Report


def apply_report(
    programme: Programme,
    attempt: Upload | None,
    report: Report,
    *,
    at: datetime,
    was_asked: bool = False,
    mux_event_id: str | None = None,
) -> Decision:
    """Let one report change its programme, and write that: `decide` says how and when."""
    ledger = Ledger()
    hearing = Hearing(report=report, at=at, ledger=ledger, was_asked=was_asked, mux_event_id=mux_event_id)
    attempts: Sequence[AttemptState] = [attempt] if attempt is not None and attempt.is_current else _all_of(programme)
    decision = decide(programme, attempt, attempts, hearing)
    ledger.write(in_session())
    return decision


def _all_of(programme: Programme) -> Sequence[AttemptState]:
    return db.session.scalars(select_attempts([programme.product_id])).all()


def decide(
    programme: ProgrammeState, named: AttemptState | None, attempts: Sequence[AttemptState], hearing: Hearing
) -> Decision:
    """Let what Mux says about an attempt change the programme, if it is the current attempt and the change is allowed.

    `named` is the attempt that the report names by its ids, None where it names none that is known; `attempts` are
    all of the programme's, read after it was locked. Of these the current one is enough, if that is the named one.
    What changes is entered into the hearing's ledger, for the caller to write.
    """
    report = hearing.report
    current = next((attempt for attempt in attempts if attempt.is_current), None)
    attempt = named
    if attempt is None and current is not None and _may_adopt(current, len(attempts), report):
        attempt = current
    if attempt is None and current is not None and report.upload_id is None:
        hearing.ledger.change(current, check_due_at=hearing.at)
        return Decision(outcome=Outcome.CONTRADICTS, reason="It does not say which attempt it belongs to.")
    if report.fact is Fact.ASSET_DELETED and report.asset_id == programme.mux_asset_id:
        return lose_video(programme, hearing)
    if attempt is None or current is None or attempt is not current:
        return _set_aside(programme, attempt, hearing)
    if _names_other_ids(current, report):
        hearing.ledger.change(current, check_due_at=hearing.at)
        return Decision(outcome=Outcome.CONTRADICTS, reason="It names another asset than the attempt has.")
    return _apply_to_current(programme, current, hearing)


def _apply_to_current(programme: ProgrammeState, attempt: AttemptState, hearing: Hearing) -> Decision:
    report, was_asked = hearing.report, hearing.was_asked
    is_replacement = programme.is_playable and programme.mux_asset_id not in {attempt.asset_id, report.asset_id}
    step = (programme.status, report.fact)
    if not was_asked and _contradicts(attempt, programme, report, is_replacement=is_replacement):
        hearing.ledger.change(attempt, check_due_at=hearing.at)
        return Decision(outcome=Outcome.CONTRADICTS, reason=f"{report.fact} of a programme that is {programme.status}.")
    was_known = _is_known(attempt, report)
    _update_attempt(attempt, hearing)
    if is_replacement:
        if was_known:
            return Decision(outcome=Outcome.ALREADY_KNOWN, reason="So much was known of the new video before.")
        return apply_to_replacement(programme, attempt, hearing)
    target = (NEXT_STATUS_WHEN_ASKED if was_asked else NEXT_STATUS).get(step)
    if target is None:
        if step == (Status.READY, Fact.ASSET_READY) and has_changed(programme, report):
            return refresh_video(programme, attempt, hearing)
        return Decision(outcome=Outcome.ALREADY_KNOWN, reason=f"The programme was {programme.status} before.")
    if target is Status.READY:
        become_ready(programme, attempt, hearing)
    elif target is Status.ERRORED:
        fault = report.fault or OWN_WORDS[report.fact]
        become_errored(programme, fault, hearing)
        kind = NoticeKind.UPLOAD_UNFINISHED if report.fact is Fact.UPLOAD_TIMED_OUT else NoticeKind.VIDEO_FAILED
        hearing.tell_coach(programme, kind, attempt.id, reason=fault.message)
    else:
        hearing.move(programme, target, "Mux has the whole file.")
    return Decision(outcome=Outcome.APPLIED, reason=f"The programme is {programme.status}.")


def _contradicts(attempt: AttemptState, programme: ProgrammeState, report: Report, *, is_replacement: bool) -> bool:
    if report.fact is Fact.ASSET_READY and report.playback_id is None:
        return True
    if is_replacement:
        return report.fact is Fact.ASSET_READY and attempt.error_type is not None
    if (programme.status, report.fact) == (Status.ERRORED, Fact.ASSET_CREATED):
        return attempt.asset_id is None
    return (programme.status, report.fact) in CONTRADICTIONS


def _is_known(attempt: AttemptState, report: Report) -> bool:
    """Whether the attempt has got as far as the report says: the video has arrived, or it has failed."""
    if report.fact is Fact.ASSET_CREATED:
        return attempt.asset_id is not None
    return report.fact is not Fact.ASSET_READY and attempt.error_type is not None


def _may_adopt(current: AttemptState, attempts: int, report: Report) -> bool:
    """Whether a report that names no attempt we know can only mean the current one.

    So it is when our note of Mux's answer was lost before it was kept, or when an event names its asset alone and
    there has never been another attempt.
    """
    if report.upload_id is not None:
        return current.mux_upload_id is None and current.asset_id in {None, report.asset_id}
    return current.asset_id in {None, report.asset_id} and attempts == 1


def _names_other_ids(current: AttemptState, report: Report) -> bool:
    pairs = ((current.mux_upload_id, report.upload_id), (current.asset_id, report.asset_id))
    return any(known and named and known != named for known, named in pairs)


def _set_aside(programme: ProgrammeState, attempt: AttemptState | None, hearing: Hearing) -> Decision:
    """Nothing changes for the programme, and an asset that no one will watch is discarded."""
    report = hearing.report
    if attempt is None:
        return Decision(outcome=Outcome.SUPERSEDED, reason="It belongs to no attempt of this programme.")
    if attempt.asset_id is None or attempt.asset_id == report.asset_id:
        _update_attempt(attempt, hearing)
    if report.fact is Fact.ASSET_DELETED:
        return Decision(outcome=Outcome.SUPERSEDED, reason="The asset of an earlier attempt is gone at Mux.")
    if report.asset_id and report.asset_id != programme.mux_asset_id:
        hearing.discard_asset(programme, report.asset_id, "its attempt was superseded")
    return Decision(outcome=Outcome.SUPERSEDED, reason="A newer attempt has taken the place of this one.")


def _update_attempt(attempt: AttemptState, hearing: Hearing) -> None:
    report, at = hearing.report, hearing.at
    ledger = hearing.ledger
    ledger.change(
        attempt,
        mux_upload_id=attempt.mux_upload_id or report.upload_id,
        asset_id=attempt.asset_id or report.asset_id,
        status=UPLOAD_STATUS[report.fact],
        updated_at=at,
    )
    ledger.change(attempt, check_due_at=next_check(attempt, at) if report.fact is Fact.ASSET_CREATED else None)
    fault = report.fault or OWN_WORDS.get(report.fact)
    if fault:
        ledger.change(attempt, error_type=fault.type, error_message=fault.message)
