"""A webhook endpoint that keeps what it gets and answers as it is told."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    body: bytes
    signature: str
    at: float
    event: dict[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return str(self.event["type"])


class WebhookReceiver:
    """Listens on a free port from the start; `answers` are used up before it says 200."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/mux"

    def about(self, object_id: str) -> list[Received]:
        """Return what came about one upload or asset, an upload's asset included."""
        return [
            each
            for each in list(self.received)
            if object_id in {each.event["object"]["id"], each.event["data"].get("upload_id")}
        ]

    def wait(self, condition: Callable[[], bool], *, seconds: float = 15.0) -> None:
        """Return as soon as the condition holds."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout=seconds), [each.type for each in self.received]

    def wait_for(self, event_type: str, object_id: str) -> Received:
        """Return the first event of that type about that upload or asset."""

        def found() -> list[Received]:
            return [each for each in self.about(object_id) if each.type == event_type]

        self.wait(lambda: bool(found()))
        return found()[0]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, body: bytes, signature: str) -> int:
        with self._changed:
            self.received.append(Received(body, signature, time.time(), json.loads(body)))
            self._changed.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(take(body, self.headers["Mux-Signature"]))
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name for it
                pass

        return Handler
