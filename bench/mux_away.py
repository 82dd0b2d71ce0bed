"""While Mux never answers: how long calls of create-upload-url take until they are refused, and from then on."""

import time
from collections.abc import Sequence
from dataclasses import asdict

from bench.figures import short
from bench.plan import Plan
from bench.scene import Scene
from bench.slow_mux import NEVER_SECONDS, SlowMux
from bench.tables import Finding, Table
from bench.waiting_calls import WAITING, Answer, waiting_calls

UNTIL_REFUSED_SECONDS = 40
AT_ONCE_SECONDS = 2  # what takes longer has waited for Mux
LOOKED_AT_SECONDS = 30  # from then on: at least one trial of each process is among it
MILLISECONDS = 1000


def measure_refusals(scene: Scene, mux: SlowMux, plan: Plan) -> Finding:
    """Sixteen callers who try again half a second after they were refused, while Mux is silent."""
    began = time.monotonic()
    with waiting_calls(scene, mux, NEVER_SECONDS) as answers:
        _wait_until_all_are_refused(answers)
        opened = time.monotonic()
        time.sleep(LOOKED_AT_SECONDS)
        ended = time.monotonic()
    first = [answer for answer in answers if answer.ended < opened]
    later = [answer for answer in answers if answer.began >= opened and answer.ended < ended]
    refused = [answer for answer in later if answer.seconds < AT_ONCE_SECONDS]
    trials = [answer for answer in later if answer.seconds >= AT_ONCE_SECONDS]
    rows = [
        _row(f"in the first {short(opened - began)} s", first),
        _row(f"in the next {LOOKED_AT_SECONDS} s, refused", refused),
        _row(f"in the next {LOOKED_AT_SECONDS} s, trials", trials),
    ]
    table = Table(
        title=f"Mux never answers: {WAITING} callers of create-upload-url ({plan.database})",
        columns=("", "answers", "of them 503", "p50 ms", "slowest ms"),
        rows=rows,
    )
    figures = {"away": {"refused_p50_ms": _milliseconds(refused)[len(refused) // 2] if refused else 0.0}}
    return Finding([table], figures, [asdict(answer) for answer in answers])


def _wait_until_all_are_refused(answers: Sequence[Answer]) -> None:
    """Until as many calls as there are callers were refused at once, one after the other; not for ever."""
    deadline = time.monotonic() + UNTIL_REFUSED_SECONDS
    while time.monotonic() < deadline:
        last = answers[-WAITING:]
        if len(last) == WAITING and all(answer.seconds < AT_ONCE_SECONDS for answer in last):
            return
        time.sleep(0.05)


def _row(what: str, answers: Sequence[Answer]) -> tuple[str, ...]:
    if not answers:
        return what, "0", "", "", ""
    taken = _milliseconds(answers)
    unavailable = sum(answer.status == 503 for answer in answers)  # noqa: PLR2004 - as the column says
    return what, str(len(answers)), str(unavailable), short(taken[len(taken) // 2]), short(taken[-1])


def _milliseconds(answers: Sequence[Answer]) -> list[float]:
    """From the quickest to the slowest."""
    return sorted(answer.seconds * MILLISECONDS for answer in answers)
