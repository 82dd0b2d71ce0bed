"""What goes to Mux over the wire, what is made of its answers, and the one kind of error that every failure is."""

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest

from portal.mux.facts import DirectUpload, Fact, Fault, Report
from portal.mux.gateway import MuxApi, MuxError, Trouble, UploadRequest
from tests.mux.conftest import settings_for
from tests.mux.scripted import ScriptedMux
from tests.signing import PRIVATE_KEY_IN_BASE64

REQUEST = UploadRequest(
    passthrough="0b7c8f0e-1111-4222-8333-444455556666",
    title="Breathing, “slowly” 🫁",
    creator_id="7",
    cors_origin="https://portal.example",
)
UPLOAD = {"id": "up01", "url": "https://storage.example/up01", "timeout": 86400, "status": "waiting"}
ASSET = {
    "id": "as01",
    "status": "ready",
    "upload_id": "up01",
    "passthrough": REQUEST.passthrough,
    "duration": 61.7,
    "playback_ids": [{"id": "pb-public", "policy": "public"}, {"id": "pb-signed", "policy": "signed"}],
    "created_at": "1768000000",
}
CALLS: dict[str, Callable[[MuxApi], Any]] = {
    "create_upload": lambda mux: mux.create_upload(REQUEST),
    "get_upload": lambda mux: mux.get_upload("up01"),
    "get_asset": lambda mux: mux.get_asset("as01"),
    "delete_asset": lambda mux: mux.delete_asset("as01"),
    "create_playback_id": lambda mux: mux.create_playback_id("as01"),
    "delete_playback_id": lambda mux: mux.delete_playback_id("as01", "pb01"),
    "create_signing_key": lambda mux: mux.create_signing_key(),
    "list_assets": lambda mux: mux.list_assets(None),
    "list_uploads": lambda mux: mux.list_uploads(1),
    "probe": lambda mux: mux.probe(),
}


def test_a_playback_id_is_made_signed_and_one_that_is_gone_needs_no_deleting(
    gateway: MuxApi, mux_server: ScriptedMux
) -> None:
    mux_server.script.says(201, {"data": {"id": "pb01", "policy": "signed"}})
    assert gateway.create_playback_id("as01") == "pb01"
    mux_server.script.says(404, {"error": {"type": "not_found", "messages": ["There is none."]}})
    gateway.delete_playback_id("as01", "pb00")

    made, deleted = mux_server.asked
    assert (made.method, made.path) == ("POST", "/video/v1/assets/as01/playback-ids")
    assert made.json == {"policy": "signed"}
    assert (deleted.method, deleted.path) == ("DELETE", "/video/v1/assets/as01/playback-ids/pb00")


def test_an_upload_is_asked_for_with_all_that_comes_back_in_its_events(
    gateway: MuxApi, mux_server: ScriptedMux
) -> None:
    mux_server.script.says(201, {"data": UPLOAD})

    gateway.create_upload(REQUEST)

    (asked,) = mux_server.asked
    assert (asked.method, asked.path) == ("POST", "/video/v1/uploads")
    assert asked.headers["Authorization"] == "Basic " + base64.b64encode(b"token-id:token-secret").decode()
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.json == {
        "cors_origin": "https://portal.example",
        "timeout": 86400,
        "new_asset_settings": {
            "playback_policies": ["public"],
            "passthrough": REQUEST.passthrough,
            "meta": {"title": REQUEST.title, "creator_id": "7", "external_id": REQUEST.passthrough},
            "video_quality": "basic",
            "max_resolution_tier": "1080p",
        },
    }


def test_what_the_operator_chose_reaches_mux(mux_server: ScriptedMux) -> None:
    chosen = {
        "MUX_SIGNING_KEY": "key-1",
        "MUX_PRIVATE_KEY": PRIVATE_KEY_IN_BASE64,
        "MUX_VIDEO_QUALITY": "plus",
        "MUX_MAX_RESOLUTION_TIER": "2160p",
        "UPLOAD_TIMEOUT_SECONDS": "3600",
    }
    mux_server.script.says(201, {"data": UPLOAD})

    MuxApi(settings_for(mux_server.url, **chosen)).create_upload(REQUEST)

    sent = mux_server.asked[0].json
    assert sent["timeout"] == 3600
    assert sent["new_asset_settings"]["playback_policies"] == ["signed"]
    assert sent["new_asset_settings"]["video_quality"] == "plus"
    assert sent["new_asset_settings"]["max_resolution_tier"] == "2160p"


def test_a_slash_behind_the_address_of_mux_does_no_harm(mux_server: ScriptedMux) -> None:
    mux_server.script.says(201, {"data": UPLOAD})

    MuxApi(settings_for(f"{mux_server.url}/")).create_upload(REQUEST)

    assert mux_server.asked[0].path == "/video/v1/uploads"


def test_a_new_upload_is_read_with_its_address(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(201, {"data": UPLOAD})

    upload = gateway.create_upload(REQUEST)

    assert upload == DirectUpload(id="up01", status="waiting", url=UPLOAD["url"], timeout_seconds=86400)  # type: ignore[arg-type]


def test_what_became_of_an_upload_is_read(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    error = {"type": "invalid_input", "message": "The file is empty."}
    mux_server.script.says(200, {"data": {"id": "up01", "status": "errored", "asset_id": "as01", "error": error}})

    upload = gateway.get_upload("up01")

    assert (mux_server.asked[0].method, mux_server.asked[0].path) == ("GET", "/video/v1/uploads/up01")
    assert (upload.status, upload.asset_id) == ("errored", "as01")
    assert upload.fault == Fault(type="invalid_input", message="The file is empty.")


def test_an_asset_is_read_and_its_signed_playback_id_preferred(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(200, {"data": ASSET})

    report = gateway.get_asset("as01")

    assert (mux_server.asked[0].method, mux_server.asked[0].path) == ("GET", "/video/v1/assets/as01")
    assert report == Report(
        fact=Fact.ASSET_READY,
        upload_id="up01",
        asset_id="as01",
        passthrough=REQUEST.passthrough,
        playback_id="pb-signed",
        is_signed=True,
        duration_seconds=61.7,
    )


def test_an_id_can_not_lead_to_another_address(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(200, {"data": ASSET})

    gateway.get_asset("../uploads?x=/")

    assert mux_server.asked[0].path == "/video/v1/assets/..%2Fuploads%3Fx%3D%2F"


def test_mux_s_own_sentence_reaches_us_in_one_line(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(400, {"error": {"messages": ["Free plan is\nlimited.\u0000 " + "x" * 5000]}})

    message = failure_of(gateway, "create_upload").message

    assert message.startswith("Free plan is limited.  xxx")
    assert len(message) == 2000


@pytest.mark.parametrize(
    "newer",
    [
        {"status": "waiting_for_the_moon"},
        {"timeout": 1},
        {"new_asset_settings": {"video_quality": "cinema", "max_resolution_tier": "8k", "normalize_audio": None}},
        {"new_asset_settings": {"inputs": [{"generated_subtitles": [{"language_code": "auto", "name": "Auto"}]}]}},
        {"a_field_from_the_future": {"deep": [1, 2]}},
    ],
)
def test_words_of_mux_s_that_are_newer_than_its_sdk_hide_nothing(
    gateway: MuxApi, mux_server: ScriptedMux, newer: dict[str, Any]
) -> None:
    mux_server.script.says(201, {"data": UPLOAD | newer})

    assert gateway.create_upload(REQUEST).url == UPLOAD["url"]


def test_an_asset_with_newer_words_is_read_all_the_same(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    newer = {
        "video_quality": "cinema",
        "resolution_tier": "8k",
        "ingest_type": "on_demand_carrier_pigeon",
        "progress": {"state": "dreaming", "progress": 101},
        "tracks": [{"type": "smell", "status": "fresh", "text_source": "guessed", "duration": 1.5}],
        "shots": [],
    }
    mux_server.script.says(200, {"data": ASSET | newer})

    assert gateway.get_asset("as01").fact is Fact.ASSET_READY


def test_an_asset_that_is_gone_already_counts_as_deleted(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(404, {"error": {"type": "not_found", "messages": ["Gone."]}})

    gateway.delete_asset("as01")

    assert (mux_server.asked[0].method, mux_server.asked[0].path) == ("DELETE", "/video/v1/assets/as01")


def test_an_asset_is_deleted(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(204)

    gateway.delete_asset("as01")

    assert len(mux_server.asked) == 1


def test_a_signing_key_is_shown_this_once(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(201, {"data": {"id": "kid01", "created_at": "1768000000", "private_key": "cGVt"}})

    assert gateway.create_signing_key() == ("kid01", "cGVt")


@pytest.mark.parametrize(
    ("status", "trouble", "can_retry"),
    [
        (302, Trouble.UNREADABLE, False),
        (400, Trouble.REFUSED, False),
        (401, Trouble.CREDENTIALS, False),
        (403, Trouble.CREDENTIALS, False),
        (404, Trouble.NOT_FOUND, False),
        (409, Trouble.REFUSED, False),
        (422, Trouble.REFUSED, False),
        (429, Trouble.RATE_LIMITED, True),
        (500, Trouble.FAILED, True),
        (502, Trouble.FAILED, True),
        (503, Trouble.FAILED, True),
    ],
)
def test_each_refusal_is_told_in_mux_s_own_words_and_asked_for_once(
    gateway: MuxApi, mux_server: ScriptedMux, status: int, trouble: Trouble, *, can_retry: bool
) -> None:
    answer = {"error": {"type": "whatever", "messages": ["Mux says why.", "And more."]}}
    mux_server.script.says(status, answer, Location="/elsewhere")

    error = failure_of(gateway, "create_upload")

    assert (error.trouble, error.message, error.can_retry) == (trouble, "Mux says why.", can_retry)
    assert len(mux_server.asked) == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [429, 503])
def test_nothing_is_sent_twice_even_where_mux_says_when_to_come_back(
    gateway: MuxApi, mux_server: ScriptedMux, call: str, status: int
) -> None:
    mux_server.script.says(status, {"error": {"messages": ["Slower."]}}, Retry_After="1")

    error = failure_of(gateway, call)

    assert (error.retry_after_seconds, len(mux_server.asked)) == (1, 1)


@pytest.mark.parametrize("value", ["Fri, 31 Dec 1999 23:59:59 GMT", "", "-1", "1.5", "soon", "9" * 40])
def test_a_time_to_come_back_that_is_no_number_of_seconds_is_left_out(
    gateway: MuxApi, mux_server: ScriptedMux, value: str
) -> None:
    mux_server.script.says(429, Retry_After=value)

    assert failure_of(gateway, "create_upload").retry_after_seconds is None


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        "Überlastet".encode("latin-1"),
        b"null",
        b"[]",
        b'"text"',
        b'{"error": null}',
        b'{"error": "text"}',
        b'{"error": {"messages": []}}',
        b'{"error": {"messages": {"a": 1}}}',
    ],
)
def test_a_failure_without_words_is_told_by_its_status(
    gateway: MuxApi, mux_server: ScriptedMux, call: str, body: bytes
) -> None:
    mux_server.script.says(502, body)

    error = failure_of(gateway, call)

    assert (error.trouble, error.message) == (Trouble.FAILED, "Mux answered 502")


@pytest.mark.parametrize("call", [name for name in CALLS if not name.startswith("delete")])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        "Schön".encode("latin-1"),
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"data": null}',
        b'{"data": "text"}',
        b'{"data": 1}',
        b'{"data": {"id": 5, "status": 5, "url": 5, "timeout": "soon", "duration": "long", "playback_ids": 5}}',
        b'{"data": {"id": "x", "status": "ready", "duration": NaN, "timeout": NaN}}',
        b'{"data": ' + b"[" * 100_000,
    ],
    ids=lambda body: str(body[:60]),
)
def test_an_answer_that_is_not_mux_s_is_one_error_like_any_other(
    gateway: MuxApi, mux_server: ScriptedMux, call: str, body: bytes
) -> None:
    mux_server.script.says(201 if call.startswith("create") else 200, body)

    error = failure_of(gateway, call)

    assert (error.trouble, error.can_retry) == (Trouble.UNREADABLE, False)


def test_an_answer_in_an_unheard_of_encoding_is_unreadable(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(201, {"data": UPLOAD}, Content_Type="application/json; charset=klingon")

    assert failure_of(gateway, "create_upload").trouble is Trouble.UNREADABLE


@pytest.mark.parametrize("call", ["create_upload", "get_upload", "get_asset", "create_signing_key"])
@pytest.mark.parametrize("data", [[], {}])
def test_nothing_is_no_answer_to_a_question_about_one(
    gateway: MuxApi, mux_server: ScriptedMux, call: str, data: Any
) -> None:
    mux_server.script.says(201 if call.startswith("create") else 200, {"data": data})

    assert failure_of(gateway, call).trouble is Trouble.UNREADABLE


@pytest.mark.parametrize(
    ("call", "status"),
    [("create_upload", 200), ("get_upload", 201), ("get_asset", 202), ("list_assets", 201), ("probe", 201)],
)
def test_a_good_answer_with_another_status_than_the_documented_one_is_no_success(
    gateway: MuxApi, mux_server: ScriptedMux, call: str, status: int
) -> None:
    mux_server.script.says(status, {"data": UPLOAD | ASSET | {"status": "ready"}})

    assert failure_of(gateway, call).trouble is Trouble.UNREADABLE


def test_an_upload_without_an_address_is_no_upload(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(201, {"data": {key: value for key, value in UPLOAD.items() if key != "url"}})

    assert failure_of(gateway, "create_upload").trouble is Trouble.UNREADABLE


@pytest.mark.parametrize("call", CALLS)
def test_a_dropped_connection_is_mux_out_of_reach_and_not_tried_again(
    gateway: MuxApi, mux_server: ScriptedMux, call: str
) -> None:
    mux_server.script.drops_connection = True

    error = failure_of(gateway, call)

    assert (error.trouble, error.can_retry) == (Trouble.OUT_OF_REACH, True)
    assert len(mux_server.asked) == 1


@pytest.mark.parametrize("call", CALLS)
def test_a_mux_that_does_not_answer_is_waited_for_once_and_not_for_long(
    gateway: MuxApi, mux_server: ScriptedMux, short_of_time: None, call: str
) -> None:
    mux_server.script.hangs = True
    started = time.monotonic()

    error = failure_of(gateway, call)

    assert (error.trouble, error.message) == (Trouble.OUT_OF_REACH, "Mux did not answer")
    assert time.monotonic() - started < 2
    assert len(mux_server.asked) == 1


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://mux.invalid"])
@pytest.mark.parametrize("call", CALLS)
def test_a_mux_that_is_not_there_is_out_of_reach(call: str, address: str) -> None:
    error = failure_of(MuxApi(settings_for(address)), call)

    assert (error.trouble, error.can_retry) == (Trouble.OUT_OF_REACH, True)


def test_a_failed_handshake_is_mux_out_of_reach(mux_server: ScriptedMux) -> None:
    gateway = MuxApi(settings_for(mux_server.url.replace("http:", "https:")))

    assert failure_of(gateway, "create_upload").trouble is Trouble.OUT_OF_REACH


def failure_of(gateway: MuxApi, call: str) -> MuxError:
    with pytest.raises(MuxError) as caught:
        CALLS[call](gateway)
    assert "token-secret" not in str(caught.value)
    return caught.value
