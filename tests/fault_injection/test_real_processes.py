"""The same with processes that really die: the database is left by a client that is no more."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from portal.config import Settings
from portal.models import Status
from tests.browser.stack import ROOT, eventually, free_port
from tests.callers import Api
from tests.clock import NOON
from tests.conftest import WEBHOOK_SECRETS
from tests.fault_injection.client import BODY, CREATE, Client
from tests.fault_injection.conftest import PowerCuts
from tests.fault_injection.doomed_server import DEAD
from tests.webhooks.conftest import Webhook
from tests.webhooks.mux_events import asset, event, signature

Send = Callable[[str, str, bytes, dict[str, str]], int]


def test_an_event_whose_process_was_killed_is_applied_when_mux_comes_again(
    cuts: PowerCuts, webhook: Webhook, dies_while_it_answers: Send
) -> None:
    ready = event("video.asset.ready", asset("ready"))
    webhook.programme(Status.PROCESSING, title="Breathing")
    webhook.outcome(ready)
    undisturbed = cuts.kept()

    cuts.forget()
    webhook.programme(Status.PROCESSING, title="Breathing")
    now = int(NOON.timestamp())
    signed = {"Mux-Signature": f"t={now},v1={signature(ready, WEBHOOK_SECRETS[0], now)}"}
    assert dies_while_it_answers("commit 1", "/webhooks/mux", ready, signed) == DEAD
    webhook.outcome(ready)
    assert cuts.kept() == undisturbed


def test_a_request_whose_process_was_killed_is_finished_by_its_repeat(
    cuts: PowerCuts, client: Client, api: Api, dies_while_it_answers: Send
) -> None:
    client.ask("key-1")
    undisturbed = cuts.kept()

    cuts.forget()
    headers = {"Authorization": f"Bearer {api.token_of('owner')}", "Idempotency-Key": "key-1"}
    assert dies_while_it_answers("commit 2", CREATE, json.dumps(BODY).encode(), headers) == DEAD
    answer = client.repeat("key-1")
    assert cuts.kept() == undisturbed
    assert client.finds(answer)


@pytest.fixture
def dies_while_it_answers(settings: Settings, tmp_path: Path) -> Iterator[Send]:
    """Start a server that will die at a point of its answer, send it a request, and tell how it ended."""
    started: list[subprocess.Popen[bytes]] = []
    http = urllib3.PoolManager(retries=False, timeout=30)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MUX_")},
        "SECRET_KEY": settings.secret_key,
        "JWT_SECRET_KEY": ",".join(settings.jwt_secret_keys),
        "DATABASE_URL": settings.database_url,
        "PUBLIC_URL": settings.public_url,
        "INSTANCE": str(tmp_path),
        "MUX_TOKEN_ID": settings.mux_token_id,
        "MUX_TOKEN_SECRET": settings.mux_token_secret,
        "MUX_WEBHOOK_SECRET": ",".join(settings.mux_webhook_secrets),
    }

    def send(point: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        port = free_port()
        command = [sys.executable, "-m", "tests.fault_injection.doomed_server", str(port), path, point]
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        eventually(lambda: is_up(f"http://127.0.0.1:{port}/healthz"))
        with pytest.raises(urllib3.exceptions.ProtocolError):
            http.request(
                "POST",
                f"http://127.0.0.1:{port}{path}",
                body=body,
                headers={"Content-Type": "application/json", **headers},
            )
        return started[-1].wait(timeout=30)

    def is_up(url: str) -> bool:
        try:
            return http.request("GET", url).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    yield send
    for process in started:
        process.kill()
        process.wait()
    http.clear()
