"""A large upload goes straight to disk."""

from collections.abc import Callable, Iterator

import psutil

from tests.local_mux.running import LocalMux
from tests.local_mux.webhook_receiver import WebhookReceiver

MEGABYTE = 1024 * 1024
BLOCKS = 600
ALLOWED_GROWTH_BYTES = 64 * MEGABYTE


def resident_bytes(mux: LocalMux) -> int:
    assert mux.process
    server = psutil.Process(mux.process.pid)
    workers = [child for child in server.children() if "local_mux" in child.cmdline()]
    return max(process.memory_info().rss for process in [server, *workers])


def test_a_large_upload_takes_no_memory_to_speak_of(
    start_mux: Callable[[str], LocalMux], own_receiver: WebhookReceiver
) -> None:
    mux = start_mux(own_receiver.url)
    mux.put(mux.create_upload()["url"], b"warm")
    before = resident_bytes(mux)
    most = before

    def blocks() -> Iterator[bytes]:
        nonlocal most
        block = bytes(MEGABYTE)
        for number in range(BLOCKS):
            if number % 20 == 0:
                most = max(most, resident_bytes(mux))
            yield block

    upload = mux.create_upload()
    answer = mux.put(upload["url"], blocks(), {"Content-Length": str(BLOCKS * MEGABYTE)})

    assert answer.status == 200
    assert most - before < ALLOWED_GROWTH_BYTES
