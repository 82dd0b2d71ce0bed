"""Say where the portal is once it answers, and bring in the sample programmes.

The process then waits to be stopped: the runner ends all processes when one of them ends. It imports nothing of the
portal, which would take as long as starting it, and hold that up.
"""

import json
import os
import signal
import sys
import time
from http import HTTPStatus
from pathlib import Path

import urllib3

from demo.samples import SAMPLES, bring_in

PATIENCE_SECONDS = 60


def main() -> None:
    """Wait, greet, bring in the samples, wait."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    portal, mux = os.environ["PUBLIC_URL"], os.environ["MUX_BASE_URL"]
    http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=3, read=30))
    _wait_for(http, f"{portal}/readyz")
    _greet(portal, mux)
    done = Path(os.environ["INSTANCE"]) / "samples-done"
    if not done.exists():
        _wait_for(http, mux)
        for sample in SAMPLES:
            folder = Path(os.environ["INSTANCE"]) / "samples"
            bring_in(sample, portal=portal, password=os.environ["DEMO_PASSWORD"], folder=folder, http=http)
            print(f"Sample programme: {sample.title}", flush=True)
        done.touch()
    while True:
        signal.pause()


def _wait_for(http: urllib3.PoolManager, url: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if http.request("GET", url).status == HTTPStatus.OK:
                return
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.1)
    sys.exit(f"{url} did not answer within {PATIENCE_SECONDS} seconds; its own lines above say why.")


def _greet(portal: str, mux: str) -> None:
    people = json.loads(os.environ["DEMO_PEOPLE"])
    accounts = "\n".join(f"    {email:<20} {name} ({role})" for email, name, role in people)
    print(
        f"\n  The portal is ready: {portal}\n  Its local Mux shows what it does: {mux}\n"
        f"  The mails it sends are shown to administrators: {portal}/admin/mails\n\n"
        f"  Sign in with the password {os.environ['DEMO_PASSWORD']} as\n{accounts}\n",
        flush=True,
    )


if __name__ == "__main__":
    main()
