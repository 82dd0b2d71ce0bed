"""Two hundred viewers of one video, each with a token of their own, against the same bytes as plain files."""

import base64
import re
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jwt
import urllib3

from bench.calls import Call
from bench.databases import DATA
from bench.figures import ratios, spread
from bench.local_mux.footage import COPIED, make_footage
from bench.local_mux.running import Backstage, LocalMux
from bench.measuring import Measurement, check, measure
from bench.tables import Finding, Table

VIEWERS = 200
TOKEN_SECONDS = 6 * 60 * 60
_http = urllib3.PoolManager(retries=False)
_URI = re.compile(rb'^(?!#)(\S+)$|URI="([^"]+)"', re.MULTILINE)


def measure_watching(backstage: Backstage, *, rounds: int, seconds: int) -> Finding:
    """The local Mux and the plain files in turns, `rounds` times."""
    make_footage()
    watched: list[Measurement] = []
    plain: list[Measurement] = []
    with TemporaryDirectory(prefix="plain-", dir=DATA) as folder, backstage.local_mux() as mux:
        asset = mux.send(COPIED.path).asset
        paths = [path for number in range(VIEWERS) for path in _paths(mux, asset, number)]
        calls = [Call(path=path) for path in paths]
        copies = [Call(path=_copied(mux, path, Path(folder))) for path in paths]
        with backstage.serving("bench.local_mux.plain_server", "--folder", folder, path=copies[0].path) as files:
            check(files, copies[0], b"#EXTM3U")
            for _ in range(rounds):
                watched.append(measure(mux.server, calls, seconds=seconds, connections=VIEWERS))
                plain.append(measure(files, copies, seconds=seconds, connections=VIEWERS))
    share = spread(ratios([m.requests_per_second for m in watched], [m.requests_per_second for m in plain]))
    cpu = spread(ratios([m.cpu_ms for m in plain], [m.cpu_ms for m in watched]))
    table = Table(
        title=f"Local Mux: {VIEWERS} viewers of one video, playlists and segments, {rounds} rounds",
        columns=("", "requests/s", "of plain files", "p50 ms", "p99 ms", "CPU ms", "errors"),
        rows=[
            _row("the same bytes as plain files", plain, ""),
            _row("signed, each with a token of their own", watched, str(share)),
        ],
        notes=[f"By CPU time, which other work on the machine moves less: {cpu} of plain files."],
    )
    raw = {"watched": [asdict(m) for m in watched], "plain": [asdict(m) for m in plain]}
    figures = {"of_plain_files": share.median, "of_plain_files_by_cpu": cpu.median}
    return Finding([table], {"watching": figures}, raw)


def _row(what: str, rounds: list[Measurement], share: str) -> tuple[str, ...]:
    return (
        what,
        str(spread([m.requests_per_second for m in rounds])),
        share,
        str(spread([m.p50_ms for m in rounds])),
        str(spread([m.p99_ms for m in rounds])),
        str(spread([m.cpu_ms for m in rounds])),
        str(sum(m.errors for m in rounds)),
    )


def _paths(mux: LocalMux, asset: dict[str, Any], viewer: int) -> list[str]:
    """All that one viewer's player asks for from the first to the last second."""
    playback_id = asset["playback_ids"][0]["id"]
    master = f"/{playback_id}.m3u8?token={_token(mux, playback_id, viewer)}"
    [media] = _uris(mux, master)
    return [master, f"/{media}", *(f"/{playback_id}/{uri}" for uri in _uris(mux, f"/{media}"))]


def _uris(mux: LocalMux, path: str) -> list[str]:
    playlist = _http.request("GET", mux.server.url + path).data
    return [(line or attribute).decode() for line, attribute in _URI.findall(playlist)]


def _token(mux: LocalMux, playback_id: str, viewer: int) -> str:
    key_id = mux.environment["MUX_SIGNING_KEY"]
    claims = {"sub": playback_id, "aud": "v", "exp": int(time.time()) + TOKEN_SECONDS + viewer, "kid": key_id}
    return jwt.encode(claims, base64.b64decode(mux.environment["MUX_PRIVATE_KEY"]), "RS256", {"kid": key_id})


def _copied(mux: LocalMux, path: str, folder: Path) -> str:
    """Keep what the local Mux sends for a path as a file of the same bytes; one for all viewers. Its path there."""
    name = path.partition("?")[0].rpartition("/")[2]
    if not (folder / name).exists():
        (folder / name).write_bytes(_http.request("GET", mux.server.url + path).data)
    return f"/{name}"
