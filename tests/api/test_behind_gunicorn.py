"""The limits on bodies under the server that the portal runs on: a chunked body announces no length there."""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from portal.models import Role
from tests.factories import PASSWORD
from tests.webhooks.mux_events import asset, event, signature

ROOT = Path(__file__).resolve().parent.parent.parent
KIB, MIB = 1024, 1024 * 1024
SECRET = "whsec-under-gunicorn"
CREATE, WEBHOOK = "/programme/create-upload-url", "/webhooks/mux"
EMAIL = "coach@example.com"


@pytest.mark.parametrize("is_chunked", [True, False])
def test_the_api_reads_64_kib_and_no_more(server: "Server", *, is_chunked: bool) -> None:
    body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()

    assert server.post("/auth/token", body.ljust(64 * KIB), is_chunked=is_chunked) == 200
    assert server.post("/auth/token", body.ljust(64 * KIB + 1), is_chunked=is_chunked) == 413
    assert server.post("/auth/token", body.ljust(65 * KIB), is_chunked=is_chunked) == 413


@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_call_with_a_token_is_held_to_the_same(server: "Server", *, is_chunked: bool) -> None:
    body = json.dumps({"title": ""}).encode()  # read, and refused by the rules: no Mux is needed
    headers = {"Authorization": f"Bearer {server.token()}"}

    assert server.post(CREATE, body.ljust(64 * KIB), headers, is_chunked=is_chunked) == 422
    assert server.post(CREATE, body.ljust(65 * KIB), headers, is_chunked=is_chunked) == 413
    assert server.post(CREATE, body.ljust(65 * KIB), is_chunked=is_chunked) == 401


@pytest.mark.parametrize("is_chunked", [True, False])
def test_the_webhook_reads_a_mebibyte_and_no_more(server: "Server", *, is_chunked: bool) -> None:
    body = event("video.asset.ready", asset("ready"))

    assert server.post(WEBHOOK, body.ljust(MIB), signed(body.ljust(MIB)), is_chunked=is_chunked) == 200
    for size in (MIB + 1, 2 * MIB):
        assert server.post(WEBHOOK, body.ljust(size), signed(body.ljust(size)), is_chunked=is_chunked) == 413


def test_a_body_without_an_end_is_cut_off_at_the_limit(server: "Server") -> None:
    """The client is answered while it still sends; nobody reads it to the end."""
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 64 * MIB:
            sent += 64 * KIB
            yield b" " * (64 * KIB)

    try:
        status = server.post(WEBHOOK, endless(), {"Mux-Signature": "t=1,v1=0"}, is_chunked=True)
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it hung up before all was sent
    assert status == 413
    assert sent < 64 * MIB
    assert server.is_alive()


def signed(body: bytes) -> dict[str, str]:
    now = int(time.time())
    return {"Mux-Signature": f"t={now},v1={signature(body, SECRET, now)}"}


class Server:
    """A portal under gunicorn, with its own settings and a database in a folder of its own."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self._process, self._port = process, port

    def post(
        self,
        path: str,
        body: bytes | Iterable[bytes],
        headers: dict[str, str] | None = None,
        *,
        is_chunked: bool = False,
    ) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        content = pieces(body) if is_chunked and isinstance(body, bytes) else body
        sent = {"Content-Type": "application/json", **(headers or {})}
        try:
            connection.request("POST", path, content, sent, encode_chunked=is_chunked)
            response = connection.getresponse()
            self.answer = response.read()
            return response.status
        finally:
            connection.close()

    def token(self) -> str:
        assert self.post("/auth/token", json.dumps({"email": EMAIL, "password": PASSWORD}).encode()) == 200
        token: str = json.loads(self.answer)["accessToken"]
        return token

    def is_alive(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
        connection.close()
        return status == 200 and self._process.poll() is None


def pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MUX_")},
        "SECRET_KEY": "s" * 40,
        "JWT_SECRET_KEY": "j" * 40,
        "MUX_TOKEN_ID": "token-id",
        "MUX_TOKEN_SECRET": "token-secret",
        "MUX_WEBHOOK_SECRET": SECRET,
        "MUX_BASE_URL": "http://127.0.0.1:1",
        "DATABASE_URL": "",
        "INSTANCE": str(tmp_path_factory.mktemp("instance")),
        "BIND": "127.0.0.1:0",
        "WEB_WORKERS": "1",
    }
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    subprocess.run([*flask, "db", "upgrade"], cwd=ROOT, env=environ, check=True, capture_output=True)
    person = ["portal", "create-user", EMAIL, "--name", "Coach", "--role", Role.COACH, "--password", PASSWORD]
    subprocess.run([*flask, *person], cwd=ROOT, env=environ, check=True, capture_output=True)
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Server(process, port_of(process))
        finally:
            process.terminate()


def port_of(process: "subprocess.Popen[str]") -> int:
    """The free port that gunicorn says it listens on."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line)
        if found:
            return int(found[1])
    raise AssertionError("gunicorn did not start: " + "".join(said))
