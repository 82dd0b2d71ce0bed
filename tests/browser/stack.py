"""The whole portal as processes: local Mux, gunicorn, a database; as `make run` starts them, without samples."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import urllib3

from demo.__main__ import prepare_database
from demo.environment import demo_environment
from portal.demo_accounts import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05
Found = TypeVar("Found")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def eventually(look: Callable[[], Found], *, seconds: float = 30.0) -> Found:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"still {found!r} after {seconds:g} s"
        time.sleep(POLL_SECONDS)
    return found


@dataclass
class Stack:
    """One running portal with a Mux of its own."""

    instance: Path
    database_url: str
    port: int = field(default_factory=free_port)
    mux_port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=30))

    @property
    def database(self) -> str:
        """Which of the two databases it runs on."""
        return "sqlite" if self.database_url.startswith("sqlite") else "postgresql"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mux_url(self) -> str:
        return f"http://127.0.0.1:{self.mux_port}"

    def start(self, **settings: str) -> "Stack":
        self.prepare(WEB_WORKERS="1", **settings)
        self._spawn(*self.local_mux)
        self._spawn("gunicorn", "wsgi:app")
        eventually(lambda: self.is_up(f"{self.url}/readyz") and self.is_up(f"{self.mux_url}/_local/health"))
        return self

    def prepare(self, **settings: str) -> None:
        """Make the environment of all its processes, and a database with the demo's people in it."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MUX_")}
        places = {"PORT": str(self.port), "MUX_PORT": str(self.mux_port), "INSTANCE": str(self.instance)}
        self.environment = demo_environment({**clean, **places, "DATABASE_URL": self.database_url, **settings})
        prepare_database(self.environment)

    @property
    def local_mux(self) -> tuple[str, ...]:
        """The local Mux as a Python module with its arguments."""
        webhook_url = f"{self.url}/webhooks/mux"
        data = f"{self.instance}/mux"
        return ("local_mux", "--port", str(self.mux_port), "--data", data, "--webhook-url", webhook_url)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=30)

    def settle(self) -> None:
        """What the worker does every minute."""
        self._run("flask", "--app", "wsgi", "portal", "settle")

    def mux(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the local Mux something, as the portal's own account there."""
        pair = f"{self.environment['MUX_TOKEN_ID']}:{self.environment['MUX_TOKEN_SECRET']}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        answer = self.http.request(method, f"{self.mux_url}{path}", json=body, headers=headers)
        assert answer.status < 400, (method, path, answer.status, answer.data)
        return dict(json.loads(answer.data)) if answer.data else {}

    def api(self, email: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the portal's API as one of the demo's people."""
        signed_in = self.http.request(
            "POST", f"{self.url}/auth/token", json={"email": email, "password": PASSWORD}
        ).json()
        bearer = {"Authorization": f"Bearer {signed_in['accessToken']}"}
        answer = self.http.request(method, f"{self.url}{path}", json=body, headers=bearer)
        assert answer.status < 400, (method, path, answer.status, answer.data)
        return dict(json.loads(answer.data)) if answer.data else {}

    def programme_with(self, video: Path, *, coach: str = "coach@example.com", **metadata: Any) -> dict[str, Any]:
        """A programme that was sent by API and is ready."""
        made = self.api(coach, "POST", "/programme/create-upload-url", {"title": metadata.pop("title", video.stem)})
        with video.open("rb") as file:
            sent = self.http.request("PUT", made["uploadUrl"], body=file)
        assert sent.status == 200, sent.data
        address = f"/programme/{made['productId']}"
        eventually(lambda: self.api(coach, "GET", address)["status"] == "ready")
        if metadata:
            self.api(coach, "PATCH", "/programme/metadata", {"productId": made["productId"], **metadata})
        return self.api(coach, "GET", address)

    def _run(self, *module: str) -> None:
        subprocess.run(
            [sys.executable, "-m", *module], cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL
        )

    def _spawn(self, *module: str) -> None:
        log = (self.instance / f"{module[0]}.log").open("wb")
        with log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", *module], cwd=ROOT, env=self.environment, stdout=log, stderr=log
                )
            )

    def is_up(self, url: str) -> bool:
        try:
            return self.http.request("GET", url).status == 200
        except urllib3.exceptions.HTTPError:
            return False
