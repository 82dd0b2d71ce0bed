"""Whether Mux answers, takes the credentials, has the same time, and plays what the signing key has signed.

These call Mux: nobody holds a transaction open around them.
"""

from datetime import datetime, timedelta
from http import HTTPStatus

import urllib3
from urllib3.exceptions import HTTPError

from portal.config import Settings
from portal.doctor.findings import Finding, broken, fine, look
from portal.mux.gateway import MuxError, Trouble

CREDENTIALS, CLOCK, SIGNING = "Mux", "Clock", "Signed playback"
SKEW_TO_LOOK_AT = timedelta(seconds=30)
SKEW_REFUSED = timedelta(seconds=300)  # Mux's webhooks are not accepted beyond it
FETCH_TIMEOUT_SECONDS = 3.0
MAKE_KEY = "flask --app wsgi portal signing-key"
SIGN_ALL = "flask --app wsgi portal sign-assets"


def check_credentials(settings: Settings, error: MuxError | None, environment: str | None) -> Finding:
    """What the probe came to. The environment is known from the events."""
    if error is None:
        if environment is None:
            known = "The first event about one of our uploads will tell which environment they belong to."
        else:
            known = f"They belong to the environment {environment}."
        return fine(CREDENTIALS, f"It answers and takes the credentials. {known}")
    if error.trouble is Trouble.CREDENTIALS:
        return broken(
            CREDENTIALS,
            f"Mux refuses the access token: {error.message}.",
            "Make one with Mux Video read and write in Mux’s dashboard, Settings, Access Tokens, and set both.",
            "MUX_TOKEN_ID=… MUX_TOKEN_SECRET=…",
        )
    if error.can_retry and error.trouble is not Trouble.OUT_OF_REACH:
        return look(CREDENTIALS, f"Mux says: {error.message}.", "Look again in a minute, or at https://status.mux.com.")
    return broken(
        CREDENTIALS,
        f"There is no answer of Mux’s at {settings.mux_base_url}: {error.message}.",
        "Look whether this machine reaches that address, and at https://status.mux.com.",
        f"MUX_BASE_URL={settings.mux_base_url}",
    )


def check_clock(mux_time: datetime | None, own_time: datetime) -> Finding:
    if mux_time is None:
        return look(CLOCK, "Mux did not say what time it has, so this machine’s could not be compared.")
    skew = abs(own_time - mux_time)
    seconds = round(skew.total_seconds())
    words = f"This machine’s clock is {seconds:,} seconds {'ahead of' if own_time > mux_time else 'behind'} Mux’s."
    to_do = "Let the machine keep its time by itself."
    if skew >= SKEW_REFUSED:
        return broken(CLOCK, f"{words} Webhooks are refused as too old.", to_do, "timedatectl set-ntp true")
    if skew >= SKEW_TO_LOOK_AT:
        return look(CLOCK, f"{words} From 300 seconds on, webhooks are refused.", to_do, "timedatectl set-ntp true")
    return fine(CLOCK, "This machine has the same time as Mux.")


def check_signing(settings: Settings, address: str | None, public_videos: int) -> list[Finding]:
    """Fetch a signed manifest, where there is a key and something to try it with."""
    if settings.mux_signing_key is None:
        found = (
            "There is no signing key, so videos are public at Mux: premium is kept by the pages and the API alone, and "
            "whoever has learnt a playback id can watch without them."
        )
        to_do = "Make a key, and set the two lines that it prints. New videos are then signed."
        return [look(SIGNING, found, to_do, MAKE_KEY)]
    findings = [_manifest(address)]
    if public_videos:
        count = f"{public_videos:,} {'programme plays' if public_videos == 1 else 'programmes play'}"
        found = f"{count} without a token, from before there was a key. Premium among them is kept by the pages alone."
        findings.append(
            look("Public videos", found, "Bring them to signed ids; nobody has to send anything.", SIGN_ALL)
        )
    return findings


def _manifest(address: str | None) -> Finding:
    if address is None:
        return fine(SIGNING, "There is a key, and no ready programme with a signed video yet to try it with.")
    status = fetch_status(address)
    if status == HTTPStatus.OK:
        return fine(SIGNING, "The signing key works: a signed video plays.")
    if status == HTTPStatus.FORBIDDEN:
        return broken(
            SIGNING,
            "Mux refuses what the signing key signs: it was deleted, or it is not of this environment.",
            "Make a new key with an access token of this environment, and set the two lines that it prints.",
            MAKE_KEY,
        )
    if status is None:
        return look(SIGNING, "The stream’s address gave no answer, so the signing key could not be tried.")
    return look(
        SIGNING,
        f"The video that was tried was answered {status}, which says nothing about the signing key.",
        "Look whether that video is still at Mux.",
        "flask --app wsgi portal orphans",
    )


def fetch_status(address: str) -> int | None:
    """The status of an answer, without its body; None where none came in time."""
    timeout = urllib3.Timeout(total=FETCH_TIMEOUT_SECONDS)
    try:
        with urllib3.PoolManager(retries=False, timeout=timeout) as http:
            answer = http.request("GET", address, preload_content=False, redirect=False)
            answer.close()
            return answer.status
    except (HTTPError, OSError):
        return None
