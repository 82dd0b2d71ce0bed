"""From the last byte of a video to the webhook that it is ready, against ffmpeg's own time for the same work."""

import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from imageio_ffmpeg import get_ffmpeg_exe

from bench.databases import DATA
from bench.figures import ratios, spread
from bench.local_mux.footage import ALL, Footage, make_footage
from bench.local_mux.running import Backstage, LocalMux
from bench.tables import Finding, Table
from local_mux.encoding.inspector import Inspector
from local_mux.encoding.plan import Plan, make_plan

PAIRS = 3  # for each round: they are short, and the machine is seldom alone
WARM_UP_PAIRS = 2  # the first writes go to memory that was in use a moment ago, which is quicker


def measure_preparing(backstage: Backstage, *, rounds: int) -> Finding:
    """Each video by ffmpeg alone and through the local Mux, in pairs right after each other."""
    make_footage()
    own: dict[str, list[float]] = {}
    waited: dict[str, list[float]] = {}
    for footage in ALL:
        plan = _plan(footage)
        with backstage.local_mux() as mux, TemporaryDirectory(prefix="ffmpeg-", dir=DATA) as folder:
            numbers = range(WARM_UP_PAIRS + PAIRS * rounds)
            pairs = [_pair(mux, footage, plan, Path(folder) / str(number)) for number in numbers][WARM_UP_PAIRS:]
        own[footage.name], waited[footage.name] = ([pair[place] for pair in pairs] for place in (0, 1))
    shares = {footage.name: spread(ratios(waited[footage.name], own[footage.name])) for footage in ALL}
    table = Table(
        title=f"Local Mux: from the last byte to video.asset.ready, {PAIRS * rounds} pairs each",
        columns=("", "ffmpeg alone, s", "last byte to ready, s", "times ffmpeg's"),
        rows=[
            (
                footage.what,
                str(spread(own[footage.name])),
                str(spread(waited[footage.name])),
                str(shares[footage.name]),
            )
            for footage in ALL
        ],
    )
    figures = {f"ready {footage.name}": {"times_ffmpeg": shares[footage.name].median} for footage in ALL}
    return Finding([table], figures, {"ffmpeg_seconds": own, "ready_seconds": waited})


def _pair(mux: LocalMux, footage: Footage, plan: Plan, folder: Path) -> tuple[float, float]:
    return _ffmpeg_alone(footage, plan, folder), mux.send(footage.path)[0]


def _plan(footage: Footage) -> Plan:
    inspector = Inspector()
    try:
        return make_plan(inspector.look_into(footage.path), {})
    finally:
        inspector.stop()


def _ffmpeg_alone(footage: Footage, plan: Plan, folder: Path) -> float:
    """Seconds that ffmpeg takes with the arguments of the local Mux, on a file that was just written, as there.

    What it makes is kept, as there: memory that was just freed is quicker to write to than other memory.
    """
    folder.mkdir(parents=True)
    source = folder / footage.name
    with footage.path.open("rb") as content, source.open("wb") as copy:
        shutil.copyfileobj(content, copy, 1024 * 1024)  # not by reference: the bytes are to be new in memory
    started = time.perf_counter()
    subprocess.run(
        [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *plan.arguments(source, folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - started
    source.unlink()
    return seconds
