"""A local Mux in a process of its own, and sending videos to it."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import psutil
import urllib3

from bench.cost import cpu_seconds, family
from bench.databases import DATA
from bench.local_mux.listener import Listener, listener
from bench.serving import Server, free_port, wait_for_answer
from portal import ROOT


@dataclass(frozen=True, kw_only=True)
class Backstage:
    """What every local Mux of a run is started with."""

    environment: dict[str, str]
    log: Path

    @contextmanager
    def local_mux(self) -> Iterator["LocalMux"]:
        """Start one with an empty folder, which is gone afterwards."""
        with listener() as webhooks, TemporaryDirectory(prefix="local-mux-", dir=DATA) as data:
            arguments = ("--data", data, "--webhook-url", webhooks.url)
            with self.serving("local_mux", *arguments, path="/_local/health") as server:
                yield LocalMux(server=server, webhooks=webhooks, environment=self.environment, data=Path(data))

    @contextmanager
    def serving(self, module: str, *arguments: str, path: str) -> Iterator[Server]:
        """Run a module that takes `--port` until left; `path` is asked for to see whether it answers."""
        port = free_port()
        command = [sys.executable, "-m", module, "--port", str(port), *arguments]
        with self.log.open("ab") as output:
            started = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            try:
                wait_for_answer(f"http://127.0.0.1:{port}{path}", process, self.log)
                seconds = time.perf_counter() - started
                workers = tuple(psutil.Process(process.pid).children())
                yield Server(url=f"http://127.0.0.1:{port}", workers=workers, start_seconds=seconds)
            finally:
                process.terminate()
                process.wait(30)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A video that is ready: what passed from its last byte to the webhook, and what that cost, ffmpeg included."""

    seconds: float
    cpu_seconds: float
    asset: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LocalMux:
    """One that runs."""

    server: Server
    webhooks: Listener
    environment: dict[str, str]
    data: Path

    def send(self, file: Path) -> Prepared:
        """Upload a file in one request, and wait until it is ready."""
        [worker] = self.server.workers
        upload = self._new_upload()
        url = urlsplit(upload["url"])
        connection = http.client.HTTPConnection(url.netloc)
        connection.putrequest("PUT", url.path)
        connection.putheader("Content-Length", str(file.stat().st_size))
        connection.endheaders()
        with file.open("rb") as content:
            connection.sock.sendfile(content)
        sent_at, used = time.perf_counter(), cpu_seconds(family(worker))
        answer = connection.getresponse()
        if answer.status != HTTPStatus.OK:
            raise ValueError(f"the local Mux refused the video: {answer.status} {answer.read()!r}")
        connection.close()
        ready_at, asset = self.webhooks.ready(upload["id"])
        used = cpu_seconds(family(worker)) - used
        return Prepared(seconds=ready_at - sent_at, cpu_seconds=used, asset=asset)

    def _new_upload(self) -> dict[str, Any]:
        credentials = f"{self.environment['MUX_TOKEN_ID']}:{self.environment['MUX_TOKEN_SECRET']}"
        answer = urllib3.request(
            "POST",
            f"{self.server.url}/video/v1/uploads",
            json={"new_asset_settings": {"playback_policies": ["signed"]}},
            headers=urllib3.make_headers(basic_auth=credentials),
        )
        upload: dict[str, Any] = json.loads(answer.data)["data"]
        return upload
