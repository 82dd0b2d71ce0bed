"""Where time goes, by looking at the running code every millisecond: cheap enough not to bend what it measures."""

import signal
import sysconfig
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import CodeType, FrameType

from portal import ROOT

EVERY_SECONDS = 0.001
PACKAGES = sysconfig.get_paths()["purelib"]
STANDARD = sysconfig.get_paths()["stdlib"]


@dataclass
class Samples:
    """How often the code was found where. `at_work`: by package of the innermost call; `within`: by any function."""

    taken: int = 0
    at_work: Counter[str] = field(default_factory=Counter)
    within: Counter[str] = field(default_factory=Counter)

    def take(self, frame: FrameType | None) -> None:
        """Note one look, from the innermost frame outwards."""
        self.taken += 1
        if frame is not None:
            self.at_work[_package_of(frame.f_code)] += 1
        seen = set()
        while frame is not None:
            seen.add(_name_of(frame.f_code))
            frame = frame.f_back
        self.within.update(seen)


def sample(work: Callable[[], object], *, seconds: float) -> Samples:
    """Call `work` for so long, in this thread, which must be the main one; waiting counts as much as working."""
    samples = Samples()
    with _looking(samples):
        ends_at = time.perf_counter() + seconds
        while time.perf_counter() < ends_at:
            work()
    return samples


@contextmanager
def _looking(samples: Samples) -> Iterator[None]:
    former = signal.signal(signal.SIGALRM, lambda _number, frame: samples.take(frame))
    signal.setitimer(signal.ITIMER_REAL, EVERY_SECONDS, EVERY_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


@cache
def _name_of(code: CodeType) -> str:
    return f"{_package_of(code)} {code.co_qualname}"


@cache
def _package_of(code: CodeType) -> str:
    """The package that the code is of: `sqlalchemy`, `python json`, `templates`, `portal.inbox`."""
    file = code.co_filename
    if file.startswith(PACKAGES):
        return file[len(PACKAGES) + 1 :].partition("/")[0].removesuffix(".py")
    if file.startswith(str(ROOT)):
        inside = file[len(str(ROOT)) + 1 :]
        return "templates" if inside.startswith("templates") else inside.removesuffix(".py").replace("/", ".")
    if file.startswith(STANDARD):
        return f"python {file[len(STANDARD) + 1 :].partition('/')[0].removesuffix('.py')}"
    return "python"
