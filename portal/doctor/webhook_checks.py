"""Whether Mux's webhooks come, are accepted, and are those of the environment that the credentials belong to."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from portal.config import Settings
from portal.doctor.findings import Finding, broken, counted, fine, look, when
from portal.models.symptoms import (
    count_untold_videos,
    events_by_environment,
    first_upload_after,
    last_event_at,
    own_environment,
)
from portal.mux.webhook import TIME_IS_OFF, UNKNOWN_SIGNER
from portal.webhook_refusals import Refusal

SECRET, COMING, ENVIRONMENT = "Webhook secret", "Webhooks", "Environment of the webhooks"
LOOKED_BACK = timedelta(hours=6)
EVENTS_COME_WITHIN = timedelta(minutes=10)
ENVIRONMENTS_LOOKED_BACK = timedelta(days=7)


def check_webhooks(settings: Settings, refusals: Sequence[Refusal], at: datetime) -> Iterator[Finding]:
    """All that the inbox and the notes of refusals tell. Five queries at the most."""
    accepted_at = last_event_at()
    yield _secret(accepted_at, refusals)
    yield _coming(settings, accepted_at, at)
    yield _environments(own_environment(), events_by_environment(at - ENVIRONMENTS_LOOKED_BACK))


def _secret(accepted_at: datetime | None, refusals: Sequence[Refusal]) -> Finding:
    latest = {refusal.reason: refusal for refusal in refusals}
    newer = {reason: refusal for reason, refusal in latest.items() if accepted_at is None or refusal.at > accepted_at}
    accepted = f"The last webhook was accepted on {when(accepted_at)}." if accepted_at else "None was accepted yet."
    refused = f" {_told(refusals[0])}" if refusals else ""
    if UNKNOWN_SIGNER in newer:
        return broken(
            SECRET,
            f"{accepted} {_told(newer[UNKNOWN_SIGNER])}",
            "Copy the signing secret of this endpoint from Mux’s dashboard, Settings, Webhooks. While you rotate it, "
            "name both, separated by a comma. If it is right, somebody else has sent this and nothing is wrong.",
            "MUX_WEBHOOK_SECRET=…",
        )
    if TIME_IS_OFF in newer:
        return look(
            SECRET,
            f"{accepted} {_told(newer[TIME_IS_OFF])}",
            "Compare this machine’s clock with Mux’s below. If it is right, somebody has sent an old webhook again.",
        )
    if accepted_at is None:
        return look(
            SECRET,
            f"No webhook has come yet, so nothing shows whether the secret is right.{refused}",
            "Create a programme: Mux tells of each upload.",
        )
    return fine(SECRET, f"{accepted}{refused or ' None was refused.'}")


def _told(refusal: Refusal) -> str:
    seen = "" if refusal.seen == 1 else f", one of {refusal.seen:,}"
    return f"The last refused one{seen} came on {when(refusal.at)}: {refusal.reason}."


def _coming(settings: Settings, last_at: datetime | None, at: datetime) -> Finding:
    since = at - LOOKED_BACK
    first = first_upload_after(max(since, last_at) if last_at else since)
    to_do = "In Mux’s dashboard, Settings, Webhooks, look whether the environment has an endpoint at this address."
    endpoint = f"{settings.public_url}/webhooks/mux"
    last = f"the last one came on {when(last_at)}" if last_at else "none has ever come"
    if first is not None and first <= at - EVENTS_COME_WITHIN:
        return broken(COMING, f"Uploads were made since {when(first)}, and no event has come: {last}.", to_do, endpoint)
    untold = count_untold_videos(since, at - EVENTS_COME_WITHIN)
    if untold:
        told = counted(untold, "video", "videos")
        return look(COMING, f"The portal learnt of {told} only by asking Mux; {last}.", to_do, endpoint)
    if last_at is None:
        return fine(COMING, "None has come yet, and none was due: no upload was made in the last hours.")
    return fine(COMING, f"The last one came on {when(last_at)}.")


def _environments(own: str | None, events: dict[str, int]) -> Finding:
    if own is None:
        return fine(ENVIRONMENT, "The first event about one of our uploads will tell which one is ours.")
    others = {environment: count for environment, count in events.items() if environment != own}
    if not others:
        return fine(ENVIRONMENT, f"All of the last seven days are from {own}, which is ours.")
    told = ", ".join(f"{counted(count, 'event', 'events')} from {name}" for name, count in others.items())
    return look(
        ENVIRONMENT,
        f"Ours is {own}, and in the last seven days there came {told}.",
        "Another environment’s webhooks are sent here, or the access token belongs to another one. Remove the endpoint "
        "there, or make the token in the environment whose videos the portal plays.",
    )
