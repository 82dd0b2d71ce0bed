"""What processes have used, as the kernel counts it: CPU time, and memory of their own."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

import psutil

IDLE_WITHIN_SECONDS = 20
LOOK_SECONDS = 0.2
IDLE_SHARE = 0.2  # of one core


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """User and system time of all of them, and of those they started that have ended; in steps of 10 ms."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])  # user, system, and both of ended children
    return total


def wait_until_idle(processes: Sequence[psutil.Process]) -> None:
    """Wait until they are done with what nobody waits for any more; give up quietly after a while."""
    deadline = time.monotonic() + IDLE_WITHIN_SECONDS
    while time.monotonic() < deadline:
        before = cpu_seconds(processes)
        time.sleep(LOOK_SECONDS)
        if cpu_seconds(processes) - before < LOOK_SECONDS * IDLE_SHARE:
            return


def family(process: psutil.Process | None) -> list[psutil.Process]:
    """A process and all that it started, at this moment."""
    return [process, *process.children(recursive=True)] if process else []


def own_memory_mib(process: psutil.Process) -> float:
    """PSS: its pages, those shared with n processes counted as 1/n."""
    return float(process.memory_full_info().pss) / 2**20
