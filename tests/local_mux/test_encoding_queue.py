"""In which order assets are encoded, and how many at once."""

import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_mux.assets import create_asset, mark_errored
from local_mux.context import Context
from local_mux.encoding.encoder import Encoder
from local_mux.models.asset import Asset
from local_mux.settings import Settings
from tests.local_mux.running import ENVIRONMENT

CORES = os.cpu_count() or 1
PATIENCE_SECONDS = 20


class Foundry:
    """An encoder whose encodings begin, and end only when they are told to."""

    def __init__(self, context: Context) -> None:
        self.begun: queue.Queue[str] = queue.Queue()
        self._context = context
        self._encoder = Encoder(context)
        self._ends: dict[str, threading.Event] = {}
        self._is_stopping = False
        self._encoder._prepare = self._prepare  # type: ignore[method-assign]
        self._encoder._inspector.warm_up = lambda: None  # type: ignore[method-assign]
        self._encoder.start()

    def next_begun(self) -> str:
        return self.begun.get(timeout=PATIENCE_SECONDS)

    def end(self, asset_id: str) -> None:
        self._ends[asset_id].set()

    def stop(self) -> None:
        """As at the end of the process: what is at work is not finished."""
        self._is_stopping = True
        self._encoder.stop()
        for end in self._ends.values():
            end.set()
        for thread in self._encoder._threads:
            thread.join(PATIENCE_SECONDS)

    def _prepare(self, asset: Asset) -> None:
        self._ends[asset.id] = threading.Event()
        self.begun.put(asset.id)
        assert self._ends[asset.id].wait(PATIENCE_SECONDS)
        if self._is_stopping:
            return
        with self._context.database.writing() as session:
            mark_errored(session, session.get_one(Asset, asset.id), ["as good an end as any"])


def test_as_many_are_encoded_at_once_as_there_are_cores_and_the_rest_wait_in_order(
    open_foundry: Callable[[], Foundry], order: Callable[[int], list[str]]
) -> None:
    foundry, assets = open_foundry(), order(CORES + 3)
    at_work = [foundry.next_begun() for _ in range(CORES)]
    assert sorted(at_work) == sorted(assets[:CORES])

    for finished, following in zip(assets[:3], assets[CORES:], strict=True):
        assert foundry.begun.empty()
        foundry.end(finished)
        assert foundry.next_begun() == following


def test_after_a_restart_the_queue_goes_on_in_its_order(
    open_foundry: Callable[[], Foundry], order: Callable[[int], list[str]]
) -> None:
    before, assets = open_foundry(), order(CORES + 2)
    for _ in range(CORES):
        before.next_begun()
    before.end(assets[0])
    assert before.next_begun() == assets[CORES]
    before.stop()

    after, left = open_foundry(), assets[1:]
    assert sorted(after.next_begun() for _ in range(CORES)) == sorted(left[:CORES])
    after.end(left[0])
    assert after.next_begun() == left[CORES]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context.open(Settings.read(["--data", str(tmp_path), "--webhook-url", "http://127.0.0.1:9/"], ENVIRONMENT))


@pytest.fixture
def order(context: Context) -> Callable[[int], list[str]]:
    """Order so many assets, one after the other; their ids."""

    def create() -> str:
        with context.database.writing() as session:
            return create_asset(session, {}, ingest_type="on_demand_direct_upload").id

    return lambda count: [create() for _ in range(count)]


@pytest.fixture
def open_foundry(context: Context) -> Iterator[Callable[[], Foundry]]:
    foundries: list[Foundry] = []

    def open_one() -> Foundry:
        foundries.append(Foundry(context))
        return foundries[-1]

    yield open_one
    for foundry in foundries:
        foundry.stop()
    context.database._engine.dispose()
