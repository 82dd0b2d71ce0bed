"""The whole portal as processes that can be killed: web, worker and local Mux, each with a process group of its own."""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import urllib3

from tests.browser.stack import ROOT, Stack, eventually

NAMES = ("web", "worker", "mux")
MUX_IS_SILENT_AFTER_SECONDS = "1"
UP_WITHIN_SECONDS = 60.0
SHOWN_LINES = 150


@dataclass
class Site(Stack):
    """One portal as `make run` starts it, with two web workers and the background worker."""

    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, **settings: str) -> "Site":
        own = {"WEB_WORKERS": "2", "WEB_THREADS": "8", "MUX_SILENCE_SECONDS": MUX_IS_SILENT_AFTER_SECONDS}
        self.prepare(**{**own, **settings})
        for name in NAMES:
            self.launch(name)
        for name in NAMES:
            self.wait_for(name)
        return self

    def stop(self) -> None:
        for name in self.running:
            self.kill(name)

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children: nobody tidies anything up."""
        process = self.running[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)

    def launch(self, name: str) -> None:
        module = {
            "web": ("gunicorn", "--preload", "wsgi:app"),  # loading it takes longer than all else here
            "worker": ("huey.bin.huey_consumer", "worker.huey", "-w", "2", "-q"),
            "mux": self.local_mux,
        }[name]
        with self._log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_for(self, name: str) -> None:
        eventually(lambda: self._answers(name), seconds=UP_WITHIN_SECONDS)

    def orders_faults(self, faults: dict[str, Any]) -> None:
        """Have the local Mux misbehave so from now on, or, by none, behave; it may be down at the moment."""
        eventually(lambda: self._took(faults), seconds=UP_WITHIN_SECONDS)

    def _took(self, faults: dict[str, Any]) -> bool:
        try:
            return self.http.request("PUT", f"{self.mux_url}/_local/faults", json=faults).status == HTTPStatus.OK
        except urllib3.exceptions.HTTPError:
            return False

    def logs(self) -> str:
        """The end of what each process said, and where to find the whole of it."""
        return "\n".join(_end_of(self._log(name)) for name in self.running)

    def _answers(self, name: str) -> bool:
        if self.running[name].poll() is not None:  # its address or its folder was still in a dead one's hands
            self.launch(name)
        if name == "worker":
            return True
        return self.is_up(f"{self.url}/readyz" if name == "web" else f"{self.mux_url}/_local/health")

    def _log(self, name: str) -> Path:
        return self.instance / f"{name}.log"


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join([f"--- {log}, the last of {len(lines)} lines:", *lines[-SHOWN_LINES:]])
