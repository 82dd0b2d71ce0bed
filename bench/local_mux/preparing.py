"""From the last byte of a video to the webhook that it is ready, against ffmpeg's own time for the same work."""

import resource
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from imageio_ffmpeg import get_ffmpeg_exe

from bench.databases import DATA
from bench.figures import spread
from bench.local_mux.footage import ALL, Footage, make_footage
from bench.local_mux.running import Backstage, LocalMux
from bench.tables import Finding, Table
from local_mux.encoding.inspector import Inspector
from local_mux.encoding.plan import Plan, make_plan

PAIRS = 3  # for each round: they are short, and the machine is seldom alone
WARM_UP_PAIRS = 2  # the first writes go to memory that was in use a moment ago, which is quicker
COLUMNS = ("", "ffmpeg alone, s", "last byte to ready, s", "times ffmpeg's", "CPU s", "CPU times ffmpeg's")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same work done twice: by ffmpeg alone, and by the local Mux with all that belongs to it. Seconds."""

    own: float
    own_cpu: float
    mux: float
    mux_cpu: float


def measure_preparing(backstage: Backstage, *, rounds: int) -> Finding:
    """Each video by ffmpeg alone and through the local Mux, in pairs right after each other."""
    make_footage()
    pairs = {footage: _pairs(backstage, footage, PAIRS * rounds) for footage in ALL}
    table = Table(
        title=f"Local Mux: from the last byte to video.asset.ready, {PAIRS * rounds} pairs each",
        columns=COLUMNS,
        rows=[_row(footage.what, taken) for footage, taken in pairs.items()],
        notes=["CPU times move less than the clock when the machine does other work too."],
    )
    raw = {footage.name: [asdict(pair) for pair in taken] for footage, taken in pairs.items()}
    return Finding([table], {f"ready {footage.name}": _figures(taken) for footage, taken in pairs.items()}, raw)


def _figures(pairs: list[Pair]) -> dict[str, float]:
    return {
        "times_ffmpeg": spread([pair.mux / pair.own for pair in pairs]).median,
        "cpu_times_ffmpeg": spread([pair.mux_cpu / pair.own_cpu for pair in pairs]).median,
    }


def _row(what: str, pairs: list[Pair]) -> tuple[str, ...]:
    figures = (
        [pair.own for pair in pairs],
        [pair.mux for pair in pairs],
        [pair.mux / pair.own for pair in pairs],
        [pair.mux_cpu for pair in pairs],
        [pair.mux_cpu / pair.own_cpu for pair in pairs],
    )
    return (what, *(str(spread(values)) for values in figures))


def _pairs(backstage: Backstage, footage: Footage, count: int) -> list[Pair]:
    plan = _plan(footage)
    with backstage.local_mux() as mux, TemporaryDirectory(prefix="ffmpeg-", dir=DATA) as folder:
        numbers = range(WARM_UP_PAIRS + count)
        return [_pair(mux, footage, plan, Path(folder) / str(number)) for number in numbers][WARM_UP_PAIRS:]


def _pair(mux: LocalMux, footage: Footage, plan: Plan, folder: Path) -> Pair:
    own, own_cpu = _ffmpeg_alone(footage, plan, folder)
    prepared = mux.send(footage.path)
    return Pair(own=own, own_cpu=own_cpu, mux=prepared.seconds, mux_cpu=prepared.cpu_seconds)


def _plan(footage: Footage) -> Plan:
    inspector = Inspector()
    try:
        return make_plan(inspector.look_into(footage.path), {})
    finally:
        inspector.stop()


def _ffmpeg_alone(footage: Footage, plan: Plan, folder: Path) -> tuple[float, float]:
    """Seconds, by the clock and of CPU: ffmpeg with the local Mux's arguments, on a file just written, as there.

    What it makes is kept, as there: memory that was just freed is quicker to write to than other memory.
    """
    folder.mkdir(parents=True)
    source = folder / footage.name
    with footage.path.open("rb") as content, source.open("wb") as copy:
        shutil.copyfileobj(content, copy, 1024 * 1024)  # not by reference: the bytes are to be new in memory
    started, used = time.perf_counter(), _children_cpu_seconds()
    subprocess.run(
        [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *plan.arguments(source, folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds, cpu_seconds = time.perf_counter() - started, _children_cpu_seconds() - used
    source.unlink()
    return seconds, cpu_seconds


def _children_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
