"""What processes have used, as the kernel counts it: CPU time, and memory of their own."""

from collections.abc import Iterable
from contextlib import suppress

import psutil


def cpu_seconds(processes: Iterable[psutil.Process]) -> dict[int, float]:
    """User and system time of each since it started, by process id; in steps of 10 ms."""
    used: dict[int, float] = {}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used[process.pid] = times.user + times.system
    return used


def cpu_between(before: dict[int, float], after: dict[int, float]) -> float:
    """What was used in between, by those too that are new; what ended in between is not known."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


def family(process: psutil.Process | None) -> list[psutil.Process]:
    """A process and all that it started, at this moment."""
    return [process, *process.children(recursive=True)] if process else []


def own_memory_mib(process: psutil.Process) -> float:
    """PSS: its pages, those shared with n processes counted as 1/n."""
    return float(process.memory_full_info().pss) / 2**20
