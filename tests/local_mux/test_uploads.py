"""The upload URL, spoken to as upchunk, curl and broken connections speak to it."""

import socket
import sqlite3
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.local_mux.media import Media
from tests.local_mux.running import LocalMux, eventually

ORIGIN = "http://portal.example"
FILE = bytes(range(256)) * 8  # 2048 bytes, not a video: these tests are about bytes
TOTAL = len(FILE)


def chunk(first: int, last: int, total: int | str = TOTAL) -> dict[str, str]:
    return {"Content-Range": f"bytes {first}-{last}/{total}", "Content-Type": "video/mp4"}


def stored(mux: LocalMux, upload: dict[str, Any]) -> bytes:
    return (mux.data / "uploads" / upload["id"]).read_bytes()


def status_of(mux: LocalMux, upload: dict[str, Any]) -> str:
    return str(mux.call("GET", f"/video/v1/uploads/{upload['id']}")[1]["data"]["status"])


def test_chunks_are_answered_308_with_what_has_arrived_and_200_at_the_end(mux: LocalMux) -> None:
    upload = mux.create_upload()

    first = mux.put(upload["url"], FILE[:1000], chunk(0, 999))
    assert (first.status, first.headers["Range"]) == (308, "bytes=0-999")
    assert "Location" not in first.headers
    assert status_of(mux, upload) == "waiting"

    last = mux.put(upload["url"], FILE[1000:], chunk(1000, TOTAL - 1))
    assert last.status == 200
    assert status_of(mux, upload) == "asset_created"


def test_the_asset_exists_only_after_the_last_byte(mux: LocalMux) -> None:
    upload = mux.create_upload()
    mux.put(upload["url"], FILE[:-1], chunk(0, TOTAL - 2))
    assert mux.call("GET", f"/video/v1/assets?upload_id={upload['id']}")[1]["data"] == []

    mux.put(upload["url"], FILE[-1:], chunk(TOTAL - 1, TOTAL - 1))
    assert len(mux.call("GET", f"/video/v1/assets?upload_id={upload['id']}")[1]["data"]) == 1


@pytest.mark.parametrize(
    ("first", "last", "arrived"),
    [
        pytest.param(0, 999, 1000, id="the same chunk again"),
        pytest.param(500, 700, 1000, id="a part of it again"),
        pytest.param(500, 1499, 1500, id="half old, half new"),
        pytest.param(0, 1499, 1500, id="all of it and more"),
        pytest.param(1000, 1000, 1001, id="one byte more"),
    ],
)
def test_a_chunk_may_overlap_what_has_arrived(mux: LocalMux, first: int, last: int, arrived: int) -> None:
    upload = mux.create_upload()
    mux.put(upload["url"], FILE[:1000], chunk(0, 999))

    answer = mux.put(upload["url"], FILE[first : last + 1], chunk(first, last))

    assert (answer.status, answer.headers["Range"]) == (308, f"bytes=0-{arrived - 1}")
    assert stored(mux, upload) == FILE[:arrived]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        pytest.param(chunk(1001, 1500), FILE[1001:1501], 400, id="a gap"),
        pytest.param(chunk(1000, 1500, 9999), FILE[1000:1501], 400, id="another total"),
        pytest.param(chunk(0, 999), b"x" * 1000, 409, id="other bytes in the same place"),
        pytest.param(chunk(1000, 1500), FILE[1000:1100], 400, id="a length that contradicts the range"),
        pytest.param(chunk(900, 800), b"", 400, id="a range that ends before it begins"),
        pytest.param(chunk(0, TOTAL), FILE, 400, id="a range beyond the end"),
        pytest.param({"Content-Range": "bytes=0-999"}, FILE[:1000], 400, id="a header that is none"),
    ],
)
def test_a_chunk_that_cannot_be_right_is_refused_and_changes_nothing(
    mux: LocalMux, headers: dict[str, str], body: bytes, status: int
) -> None:
    upload = mux.create_upload()
    mux.put(upload["url"], FILE[:1000], chunk(0, 999))

    refusal = mux.put(upload["url"], body, headers)

    assert refusal.status == status
    assert refusal.headers["Content-Type"].startswith("text/plain")
    assert stored(mux, upload) == FILE[:1000]
    assert mux.put(upload["url"], FILE[1000:], chunk(1000, TOTAL - 1)).status == 200


def test_the_state_of_an_upload_can_be_asked_for(mux: LocalMux) -> None:
    upload = mux.create_upload()
    nothing = mux.put(upload["url"], b"", {"Content-Range": f"bytes */{TOTAL}"})
    assert (nothing.status, "Range" in nothing.headers) == (308, False)

    mux.put(upload["url"], FILE[:10], chunk(0, 9))
    some = mux.put(upload["url"], b"", {"Content-Range": "bytes */*"})
    assert (some.status, some.headers["Range"]) == (308, "bytes=0-9")


def test_a_file_of_unknown_length_ends_with_the_chunk_that_names_the_total(mux: LocalMux) -> None:
    upload = mux.create_upload()
    assert mux.put(upload["url"], FILE[:1000], chunk(0, 999, "*")).status == 308
    assert mux.put(upload["url"], FILE[1000:], chunk(1000, TOTAL - 1)).status == 200


def test_the_whole_file_may_come_at_once(mux: LocalMux) -> None:
    upload = mux.create_upload()
    assert mux.put(upload["url"], FILE).status == 200
    assert status_of(mux, upload) == "asset_created"


def test_the_whole_file_may_come_in_chunked_transfer_encoding(mux: LocalMux) -> None:
    upload = mux.create_upload()
    assert mux.put(upload["url"], (FILE[start : start + 300] for start in range(0, TOTAL, 300))).status == 200
    assert status_of(mux, upload) == "asset_created"


def test_the_whole_file_starts_over_what_had_arrived_in_chunks(mux: LocalMux, media: Media) -> None:
    upload = mux.create_upload()
    mux.put(upload["url"], FILE[:1000], chunk(0, 999))
    assert mux.put(upload["url"], media["plain.mp4"].read_bytes()).status == 200


def test_a_complete_upload_answers_repeats_and_refuses_another_file(mux: LocalMux) -> None:
    upload = mux.create_upload()
    mux.put(upload["url"], FILE)
    assert mux.put(upload["url"], FILE).status == 200
    assert mux.put(upload["url"], FILE[1000:], chunk(1000, TOTAL - 1)).status == 200
    assert mux.put(upload["url"], FILE[:-1]).status == 409
    assert mux.put(upload["url"], FILE[:10], chunk(0, 9, TOTAL + 1)).status == 409
    assert len(mux.call("GET", f"/video/v1/assets?upload_id={upload['id']}")[1]["data"]) == 1


@pytest.mark.parametrize("headers", [{}, chunk(0, TOTAL - 1)], ids=["whole", "chunk"])
def test_a_broken_connection_completes_nothing_and_leaves_a_resumable_upload(
    mux: LocalMux, headers: dict[str, str]
) -> None:
    upload = mux.create_upload()
    send_partly(upload["url"], FILE[:700], headers)
    file = mux.data / "uploads" / upload["id"]
    eventually(lambda: file.exists() and file.stat().st_size == 700)

    assert status_of(mux, upload) == "waiting"
    assert mux.put(upload["url"], FILE[500:], chunk(500, TOTAL - 1)).status == 200


def test_a_stalled_connection_does_not_keep_a_new_one_waiting(mux: LocalMux) -> None:
    upload = mux.create_upload()
    address = urlsplit(upload["url"])
    with socket.create_connection((address.hostname, address.port)) as stalled:
        stalled.sendall(request_head(address.path, chunk(0, TOTAL - 1)) + FILE[:100])
        assert mux.put(upload["url"], FILE, chunk(0, TOTAL - 1)).status == 200


def test_unknown_cancelled_and_late_uploads_are_refused_for_good(mux: LocalMux) -> None:
    assert mux.put(f"{mux.url}/upload/no-such-token", FILE).status == 404

    cancelled = mux.create_upload(cors_origin=ORIGIN)
    mux.put(cancelled["url"], FILE[:10], chunk(0, 9))
    assert mux.call("PUT", f"/video/v1/uploads/{cancelled['id']}/cancel")[0] == 200
    refusal = mux.put(cancelled["url"], FILE, {**chunk(0, TOTAL - 1), "Origin": ORIGIN})
    assert refusal.status == 410
    assert refusal.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert not (mux.data / "uploads" / cancelled["id"]).exists()


def test_an_upload_times_out_without_an_event(mux: LocalMux) -> None:
    upload = mux.create_upload(timeout=60)
    with sqlite3.connect(mux.data / "state.sqlite3") as database:
        database.execute("UPDATE upload SET created_at = datetime('now', '-61 seconds') WHERE id = ?", [upload["id"]])
    database.close()

    assert status_of(mux, upload) == "timed_out"
    assert mux.put(upload["url"], FILE).status == 410
    deliveries = mux.call("GET", f"/_local/deliveries?object_id={upload['id']}")[1]["data"]
    assert [each["eventType"] for each in deliveries] == ["video.upload.created"]


@pytest.mark.parametrize(
    ("allowed", "origin", "answer"),
    [
        pytest.param(ORIGIN, ORIGIN, ORIGIN, id="the upload's own origin"),
        pytest.param(ORIGIN, "http://else.example", None, id="another origin"),
        pytest.param("*", ORIGIN, "*", id="any origin"),
        pytest.param(None, ORIGIN, None, id="no origin was given"),
    ],
)
def test_browsers_may_upload_from_the_upload_s_own_origin_only(
    mux: LocalMux, allowed: str | None, origin: str, answer: str | None
) -> None:
    upload = mux.create_upload(cors_origin=allowed)
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    preflight = mux.http.request("OPTIONS", upload["url"], headers=asked)
    assert preflight.status == 204
    assert preflight.headers.get("Access-Control-Allow-Origin") == answer
    if answer:
        assert preflight.headers["Access-Control-Allow-Methods"] == "PUT"
        assert preflight.headers["Access-Control-Allow-Headers"] == "content-type, content-range"
        assert preflight.headers["Access-Control-Max-Age"] == "3600"

    put = mux.put(upload["url"], FILE[:10], {**chunk(0, 9), "Origin": origin})
    assert put.headers.get("Access-Control-Allow-Origin") == answer
    assert put.headers.get("Access-Control-Expose-Headers") == (answer and "Range")


def send_partly(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Announce the whole file, send some of it and hang up."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(request_head(address.path, headers) + body)


def request_head(path: str, headers: dict[str, str]) -> bytes:
    fields = {"Host": "localhost", "Content-Length": str(TOTAL), **headers}
    lines = [f"PUT {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
