import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.local_mux.media import Media
from tests.local_mux.running import LocalMux
from tests.local_mux.webhook_receiver import WebhookReceiver


@pytest.fixture(scope="session")
def receiver() -> Iterator[WebhookReceiver]:
    receiver = WebhookReceiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def mux(tmp_path_factory: pytest.TempPathFactory, receiver: WebhookReceiver) -> Iterator[LocalMux]:
    """One local Mux for all tests that do not stop it or make it misbehave."""
    server = LocalMux(tmp_path_factory.mktemp("local-mux"), receiver.url).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    return Media(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="session")
def ready(mux: LocalMux, media: Media) -> dict[str, Any]:
    """A ready public video with sound; tests look at it and leave it as it is."""
    settings = {"playback_policies": ["public", "signed"], "passthrough": "lesson:1", "meta": {"title": "Lesson 1"}}
    return mux.finished(mux.send(media["plain.mp4"], settings))


@pytest.fixture(scope="session")
def public_id(ready: dict[str, Any]) -> str:
    return str(ready["playback_ids"][0]["id"])


@pytest.fixture(scope="session")
def signed_id(ready: dict[str, Any]) -> str:
    return str(ready["playback_ids"][1]["id"])


@pytest.fixture(scope="session")
def errored(mux: LocalMux, media: Media) -> dict[str, Any]:
    return mux.finished(mux.send(media["noise.mp4"]))


@pytest.fixture
def start_mux(tmp_path: Path) -> Iterator[Callable[[str], LocalMux]]:
    """Start a local Mux of the test's own, which it may stop, kill and confuse."""
    started: list[LocalMux] = []

    def start(webhook_url: str) -> LocalMux:
        server = LocalMux(tmp_path / f"data-{len(started)}", webhook_url).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def own_receiver() -> Iterator[WebhookReceiver]:
    receiver = WebhookReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def publish(tmp_path: Path) -> Iterator[Callable[[bytes], str]]:
    """Put a file on a web server and return its URL."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name for it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()

    def serve(content: bytes) -> str:
        (tmp_path / "published").write_bytes(content)
        return f"http://127.0.0.1:{server.server_address[1]}/published"

    yield serve
    server.shutdown()
    server.server_close()
    thread.join()
