"""Calls of create-upload-url that wait for Mux, beside whatever else is measured."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import urllib3

from bench.people import COACH
from bench.scene import Scene
from bench.sign_in import bearer
from bench.slow_mux import SlowMux

WAITING = 16  # calls
PAUSE_SECONDS = 0.5  # of a caller who was refused


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one call came to."""

    status: int
    began: float  # time.monotonic()
    seconds: float

    @property
    def ended(self) -> float:
        return self.began + self.seconds


@contextmanager
def waiting_calls(scene: Scene, mux: SlowMux, delay_seconds: float) -> Iterator[list[Answer]]:
    """While this is open, sixteen call, each again when it was answered. What they were answered, as it comes."""
    answers: list[Answer] = []
    enough = threading.Event()
    headers = bearer(scene.portal.url, COACH)

    def keep_calling() -> None:
        http = urllib3.PoolManager(retries=False, timeout=60)
        while not enough.is_set():
            began = time.monotonic()
            answer = http.request(
                "POST",
                f"{scene.portal.url}/programme/create-upload-url",
                json={"title": "A slow day at Mux"},
                headers=headers,
            )
            answers.append(Answer(status=answer.status, began=began, seconds=time.monotonic() - began))
            if answer.status != HTTPStatus.CREATED:
                enough.wait(PAUSE_SECONDS)

    mux.delay_seconds = delay_seconds
    callers = [threading.Thread(target=keep_calling) for _ in range(WAITING)]
    for caller in callers:
        caller.start()
    try:
        yield answers
    finally:
        enough.set()
        mux.answer_now()
        for caller in callers:
            caller.join()
