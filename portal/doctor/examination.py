"""Looking at everything: first what the database tells, then, with no transaction open, what others answer."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from portal.clock import utc_now
from portal.config import current_settings
from portal.doctor.findings import Finding, Level, broken
from portal.doctor.mail_checks import LATE_AFTER, check_late_mails, check_mail
from portal.doctor.mux_checks import check_clock, check_credentials, check_signing
from portal.doctor.own_checks import DATABASE, check_address, check_database, check_queue, check_work
from portal.doctor.webhook_checks import check_webhooks
from portal.extensions import db
from portal.models.symptoms import (
    SignedVideo,
    count_late_mails,
    count_public_videos,
    newest_signed_video,
    own_environment,
)
from portal.mux.gateway import MuxError, Trouble, current_mux
from portal.mux.playback import current_playback_urls
from portal.nudge import queue_length
from portal.readiness import reason_not_ready
from portal.webhook_refusals import current_refusals

HIDDEN = "(hidden)"
HIDDEN_FROM_CHARACTERS = 4  # shorter secrets would hide ordinary words

log = structlog.get_logger()


@dataclass
class _Told:
    """What the database says: findings of its own, and what the questions to others need."""

    findings: list[Finding] = field(default_factory=list)
    environment: str | None = None
    video: SignedVideo | None = None
    public_videos: int = 0


def examine() -> list[Finding]:
    """Look at everything, within seconds. Ends the transaction that it finds open, and commits nothing."""
    at = utc_now()
    told = _ask_database(at)
    findings = [*told.findings, check_queue(queue_length()), *_ask_mux(told, at)]
    findings += [check_mail(current_settings().mail), check_address(current_settings())]
    return [_without_secrets(finding) for finding in findings]


def is_anything_broken(findings: list[Finding]) -> bool:
    return any(finding.level is Level.BROKEN for finding in findings)


def _ask_database(at: datetime) -> _Told:
    told = _Told(findings=[check_database(reason_not_ready())])
    try:
        told.findings += check_work(at)
        told.findings += check_webhooks(current_settings(), current_refusals().read(), at)
        told.findings.append(check_late_mails(count_late_mails(at - LATE_AFTER)))
        told.environment = own_environment()
        told.video, told.public_videos = newest_signed_video(), count_public_videos()
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("doctor.database", reason=type(error).__name__)
        if told.findings[0].level is Level.FINE:
            told.findings.append(broken(DATABASE, f"It did not answer a question: {type(error).__name__}."))
    return told


def _ask_mux(told: _Told, at: datetime) -> list[Finding]:
    settings, mux_time, error = current_settings(), None, None
    try:
        mux_time = current_mux().probe()
    except MuxError as failure:
        error = failure
    findings = [check_credentials(settings, error, told.environment)]
    if error is None:
        findings.append(check_clock(mux_time, utc_now()))
    if error is None or error.trouble is not Trouble.OUT_OF_REACH:
        findings += check_signing(settings, _stream_address(told.video, at), told.public_videos)
    return findings


def _stream_address(video: SignedVideo | None, at: datetime) -> str | None:
    if video is None:
        return None
    urls = current_playback_urls()
    return urls.playback(video.playback_id, is_signed=True, duration_seconds=video.duration_seconds, at=at).url


def _without_secrets(finding: Finding) -> Finding:
    """Errors that others wrote may quote what they were given."""
    settings = current_settings()
    secrets = [settings.secret_key, *settings.jwt_secret_keys, settings.mux_token_secret, *settings.mux_webhook_secrets]
    secrets += [settings.database_url, settings.queue_url]
    if settings.mail is not None:
        secrets.append(settings.mail.password)
    found = finding.found
    for secret in secrets:
        if len(secret) >= HIDDEN_FROM_CHARACTERS:
            found = found.replace(secret, HIDDEN)
    return replace(finding, found=found)
