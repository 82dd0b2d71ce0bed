"""wrk, the load generator (https://github.com/wg/wrk), fed with requests that were written beforehand."""

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

SCRIPT = Path(__file__).with_name("requests.lua")
PATIENCE_SECONDS = 60  # an answer that takes longer counts as an error
_seeds = itertools.count(1)  # so that no two runs draw the same requests in the same order


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What wrk saw. Latencies in milliseconds; `errors` are bad statuses, broken connections and late answers."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    errors: int


def require_wrk() -> None:
    """Have wrk, or say in one line what is missing."""
    if shutil.which("wrk"):
        return
    apt_get = shutil.which("apt-get")
    if apt_get is None or os.geteuid() != 0:
        sys.exit("The benchmarks need wrk: install it (on Debian: apt-get install wrk) and try again.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt_get, "update", "-qq"], check=True, env=environment)
    subprocess.run(
        [apt_get, "install", "-y", "-qq", "--no-install-recommends", "wrk"],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def press(url: str, requests: Sequence[bytes], *, seconds: int, connections: int, is_in_order: bool = False) -> Answers:
    """Send requests over keep-alive connections for so many seconds, drawn at random or each once, in order."""
    with NamedTemporaryFile(prefix="portal-bench-") as file:
        file.writelines(b"%d\n%s" % (len(request), request) for request in requests)
        file.flush()
        load = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{PATIENCE_SECONDS}s", "-s", str(SCRIPT), url]
        script = [file.name, "in-order" if is_in_order else "at-random", str(next(_seeds))]
        done = subprocess.run(
            ["wrk", *load, "--", *script],  # noqa: S607 - wherever the machine has it
            check=True,
            capture_output=True,
            timeout=seconds + 2 * PATIENCE_SECONDS,
        )
    told = json.loads(done.stdout.splitlines()[-1])
    return Answers(
        requests=told["requests"],
        seconds=told["microseconds"] / 1e6,
        p50_ms=told["p50"] / 1e3,
        p99_ms=told["p99"] / 1e3,
        slowest_ms=told["max"] / 1e3,
        errors=told["status"] + told["broken"] + told["late"],
    )
