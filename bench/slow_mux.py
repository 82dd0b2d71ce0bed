"""A stand-in for Mux that makes uploads, and takes its time for it when asked to."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NEVER_SECONDS = 3600.0


class SlowMux(ThreadingHTTPServer):
    """Answers after `delay_seconds`; knows how many calls it has kept waiting at the same time."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _CreateUpload)
        self.delay_seconds = 0.0  # with NEVER_SECONDS, callers give up before it
        self.waiting = self.most_waiting = 0
        self._lock = threading.Lock()
        self._answers_now = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def wait(self) -> None:
        """Spend the time that a call takes."""
        self._count(1)
        self._answers_now.wait(self.delay_seconds)
        self._count(-1)

    def answer_now(self) -> None:
        """Answer whoever waits, and from now on at once."""
        self.delay_seconds = 0.0
        self._answers_now.set()
        self._answers_now.clear()

    def handle_error(self, *_: object) -> None:
        """Say nothing: who was kept waiting may have hung up."""

    def _count(self, step: int) -> None:
        with self._lock:
            self.waiting += step
            self.most_waiting = max(self.most_waiting, self.waiting)


class _CreateUpload(BaseHTTPRequestHandler):
    """POST /video/v1/uploads, answered as Mux does."""

    protocol_version = "HTTP/1.1"
    server: SlowMux

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.wait()
        upload_id = uuid.uuid4().hex
        url = f"https://storage.googleapis.com/upload/{upload_id}"
        answer = {"data": {"id": upload_id, "status": "waiting", "url": url, "timeout": 86400, "cors_origin": "*"}}
        body = json.dumps(answer).encode()
        self.send_response(HTTPStatus.CREATED)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def slow_mux() -> Iterator[SlowMux]:
    """One that runs, on a port of its own."""
    with SlowMux() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
