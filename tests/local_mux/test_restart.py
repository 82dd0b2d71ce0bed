"""Stopping and starting: nothing is left running, nothing is forgotten."""

import json
import signal
from collections.abc import Callable

import psutil
import pytest

from tests.local_mux.media import Media
from tests.local_mux.running import LocalMux, eventually
from tests.local_mux.webhook_receiver import WebhookReceiver


def children(mux: LocalMux) -> list[psutil.Process]:
    assert mux.process
    return psutil.Process(mux.process.pid).children(recursive=True)


def encoding(mux: LocalMux, media: Media) -> tuple[str, list[psutil.Process]]:
    """Begin an encoding that takes seconds; return its asset and all processes at work."""
    asset_id = mux.send(media["long.mp4"])

    def at_work() -> list[psutil.Process]:
        found = children(mux)
        return found if any("ffmpeg" in process.name() for process in found) else []

    return asset_id, eventually(at_work)


def are_gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.mark.media
def test_an_encoding_that_was_killed_is_done_again(
    start_mux: Callable[[str], LocalMux], own_receiver: WebhookReceiver, media: Media
) -> None:
    mux = start_mux(own_receiver.url)
    asset_id, processes = encoding(mux, media)
    waiting = mux.send(media["plain.mp4"])
    open_upload = mux.create_upload()
    mux.put(open_upload["url"], b"12345", {"Content-Range": "bytes 0-4/10"})

    mux.kill()
    eventually(lambda: are_gone(processes), seconds=5)
    mux.start()

    assert mux.finished(asset_id)["status"] == "ready"
    assert mux.finished(waiting)["status"] == "ready"
    assert list((mux.data / "work").iterdir()) == []
    assert mux.put(open_upload["url"], b"67890", {"Content-Range": "bytes 5-9/10"}).status == 200
    own_receiver.wait_for("video.asset.ready", asset_id)
    # Delivered twice if the end came before the answer was noted, as Mux may do; but it is one event.
    created = {
        json.loads(each.body)["id"] for each in own_receiver.about(asset_id) if each.type == "video.asset.created"
    }
    assert len(created) == 1


@pytest.mark.media
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stopping_ends_every_process_and_fails_no_asset(
    start_mux: Callable[[str], LocalMux], own_receiver: WebhookReceiver, media: Media, how: signal.Signals
) -> None:
    mux = start_mux(own_receiver.url)
    asset_id, processes = encoding(mux, media)
    assert mux.process
    mux.process.send_signal(how)
    mux.process.wait(6)
    eventually(lambda: are_gone(processes), seconds=2)

    assert "video.asset.errored" not in {each.type for each in own_receiver.about(asset_id)}


def test_two_cannot_share_a_folder(start_mux: Callable[[str], LocalMux], own_receiver: WebhookReceiver) -> None:
    mux = start_mux(own_receiver.url)
    second = LocalMux(mux.data, own_receiver.url)
    assert "is in use by another local Mux" in second.refusal()
    assert mux.is_healthy()


def test_faults_outlast_a_restart(start_mux: Callable[[str], LocalMux], own_receiver: WebhookReceiver) -> None:
    mux = start_mux(own_receiver.url)
    mux.call("PUT", "/_local/faults", {"webhooks": {"duplicate": 3}})
    mux.stop()
    mux.start()
    assert mux.call("GET", "/_local/faults")[1]["webhooks"]["duplicate"] == 3
