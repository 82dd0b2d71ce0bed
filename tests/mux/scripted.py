"""An HTTP server that answers as a test wrote it down, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HUNG_SECONDS = 5  # longer than any time-out in a test; nobody waits for it


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Script:
    """What to answer to every request from now on."""

    status: int = 201
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drops_connection: bool = False
    hangs: bool = False

    def says(self, status: int, body: Any = b"", **headers: str) -> None:
        """Answer with this; whatever is not bytes is sent as JSON."""
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()


class ScriptedMux:
    """Mux, as far as one test needs it."""

    def __init__(self) -> None:
        self.script = Script()
        self.asked: list[Asked] = []
        self.released = threading.Event()
        self.url = ""


@contextmanager
def scripted_mux() -> Iterator[ScriptedMux]:
    mux = ScriptedMux()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(mux))
    mux.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield mux
    finally:
        mux.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(mux: ScriptedMux) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = dict(self.headers.items())
            mux.asked.append(Asked(method=self.command, path=self.path, headers=headers, body=body))
            script = mux.script
            if script.hangs:
                mux.released.wait(HUNG_SECONDS)
            if script.hangs or script.drops_connection:
                self.close_connection = True
                return
            self.send_response_only(script.status)  # without a Date, unless the test writes one
            for name, value in {"Content-Type": "application/json", **script.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(script.body)))
            self.end_headers()
            self.wfile.write(script.body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: Any) -> None:
            """Say nothing: the tests look at what was asked."""

    return Handler
