"""A webhook endpoint that notes when each asset was ready."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_SECONDS = 300


class Listener(ThreadingHTTPServer):
    """Answers every webhook with 200 at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _TakeWebhook)
        self._ready: dict[str, tuple[float, dict[str, Any]]] = {}
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def note(self, event: dict[str, Any]) -> None:
        """Keep the moment of an asset's end."""
        with self._changed:
            if event["type"] in {"video.asset.ready", "video.asset.errored"}:
                self._ready[event["data"]["upload_id"]] = (time.perf_counter(), event["data"])
            self._changed.notify_all()

    def ready(self, upload_id: str) -> tuple[float, dict[str, Any]]:
        """Wait for an upload's asset; by `time.perf_counter` when it was ready, and the asset.

        :raises TimeoutError: if nothing is heard. :raises ValueError: if it errored.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: upload_id in self._ready, timeout=PATIENCE_SECONDS):
                raise TimeoutError(f"nothing was heard of upload {upload_id}")
        at, asset = self._ready.pop(upload_id)
        if asset["status"] != "ready":
            raise ValueError(f"the local Mux could not use the video: {asset['errors']}")
        return at, asset


class _TakeWebhook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        self.server.note(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listener() -> Iterator[Listener]:
    """One that runs, on a port of its own."""
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
