"""A local Mux in a process of its own, and the few calls that every test makes."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import urllib3

from tests.local_mux.keys import KEY_ID, PRIVATE_KEY_BASE64

TOKEN_ID = "test-token-id"
TOKEN_SECRET = "test-token-secret"
WEBHOOK_SECRET = "test-webhook-secret"
CODE = Path(__file__).parents[2]
ENVIRONMENT = {
    "MUX_TOKEN_ID": TOKEN_ID,
    "MUX_TOKEN_SECRET": TOKEN_SECRET,
    "MUX_WEBHOOK_SECRET": f"{WEBHOOK_SECRET},the-one-before",
    "MUX_SIGNING_KEY": KEY_ID,
    "MUX_PRIVATE_KEY": PRIVATE_KEY_BASE64,
}
_POLL_SECONDS = 0.02
Found = TypeVar("Found")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def eventually(look: Callable[[], Found], *, seconds: float = 20.0) -> Found:
    """Return what `look` finds as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"still {found!r} after {seconds:g} s"
        time.sleep(_POLL_SECONDS)
    return found


class LocalMux:
    def __init__(self, data: Path, webhook_url: str, *, port: int | None = None) -> None:
        self.data = data
        self.webhook_url = webhook_url
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = urllib3.PoolManager(retries=False, timeout=30)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "LocalMux":
        self.process = subprocess.Popen(
            self._command(), cwd=CODE, env=os.environ | ENVIRONMENT, stderr=subprocess.DEVNULL
        )
        eventually(self.is_healthy)
        return self

    def refusal(self, changes: dict[str, str] | None = None) -> str:
        """Start it where it must refuse, and return what it says."""
        result = subprocess.run(
            self._command(),
            cwd=CODE,
            env=os.environ | ENVIRONMENT | (changes or {}),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert result.returncode == 1
        return result.stderr

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "local_mux", "--port", str(self.port)),
            *("--data", str(self.data), "--webhook-url", self.webhook_url),
        ]

    def is_healthy(self) -> bool:
        try:
            return self.http.request("GET", f"{self.url}/_local/health").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C and process managers do."""
        if self.process:
            self.process.terminate()
            self.process.wait(10)
        self.http.clear()

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        if self.process:
            self.process.kill()
            self.process.wait(10)
        self.http.clear()

    def call(
        self, method: str, path: str, body: Any = None, *, token: tuple[str, str] = (TOKEN_ID, TOKEN_SECRET)
    ) -> tuple[int, Any]:
        """Call the API and return status and decoded JSON (None for an empty body)."""
        headers = urllib3.make_headers(basic_auth=":".join(token)) | {"Content-Type": "application/json"}
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        response = self.http.request(method, self.url + path, body=data, headers=headers)
        return response.status, json.loads(response.data) if response.data else None

    def get(self, path: str, headers: dict[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        """Fetch what a player would fetch."""
        return self.http.request("GET", path if path.startswith("http") else self.url + path, headers=headers)

    def create_upload(self, settings: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Open an upload for a public asset, or whatever the settings say."""
        chosen = {"playback_policies": ["public"]} if settings is None else settings
        status, answer = self.call("POST", "/video/v1/uploads", {"new_asset_settings": chosen, **fields})
        assert status == 201, answer
        upload: dict[str, Any] = answer["data"]
        return upload

    def put(
        self, url: str, body: bytes | Iterable[bytes], headers: dict[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        return self.http.request("PUT", url, body=body, headers=headers)

    def send(self, file: Path, settings: dict[str, Any] | None = None) -> str:
        """Upload a file in one go and return the id of its asset."""
        upload = self.create_upload(settings)
        assert self.put(upload["url"], file.read_bytes()).status == 200
        return str(self.call("GET", f"/video/v1/uploads/{upload['id']}")[1]["data"]["asset_id"])

    def asset(self, asset_id: str) -> dict[str, Any]:
        data: dict[str, Any] = self.call("GET", f"/video/v1/assets/{asset_id}")[1]["data"]
        return data

    def finished(self, asset_id: str) -> dict[str, Any]:
        """Wait until an asset is no longer being prepared and return it."""

        def look() -> dict[str, Any] | None:
            asset = self.asset(asset_id)
            return None if asset["status"] == "preparing" else asset

        found = eventually(look)
        assert found
        return found
