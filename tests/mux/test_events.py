"""What an event says: every type the portal acts on, in the shape that Mux really sends, and what is no event."""

import json
from typing import Any

import pytest

from portal.mux.facts import Fact, Fault, Report
from portal.mux.webhook import BadEventError, parse
from tests.webhooks.mux_events import ASSET_ID, PLAYBACK_ID, UPLOAD_ID, asset, event, upload

PASSTHROUGH = "0b7c8f0e-1111-4222-8333-444455556666"
NO_WORDS = "Mux could not process the video and gave no reason."


@pytest.mark.parametrize(
    ("kind", "data", "report"),
    [
        (
            "video.upload.asset_created",
            upload("asset_created", passthrough=PASSTHROUGH, asset_id=ASSET_ID),
            Report(fact=Fact.ASSET_CREATED, upload_id=UPLOAD_ID, asset_id=ASSET_ID, passthrough=PASSTHROUGH),
        ),
        (
            "video.upload.errored",
            upload("errored", passthrough=PASSTHROUGH, error={"type": "invalid_input", "message": "Not a video."}),
            Report(
                fact=Fact.UPLOAD_ERRORED,
                upload_id=UPLOAD_ID,
                passthrough=PASSTHROUGH,
                fault=Fault(type="invalid_input", message="Not a video."),
            ),
        ),
        (
            "video.upload.errored",  # its error is documented for the REST API alone
            upload("errored", passthrough=PASSTHROUGH),
            Report(
                fact=Fact.UPLOAD_ERRORED,
                upload_id=UPLOAD_ID,
                passthrough=PASSTHROUGH,
                fault=Fault(type="unknown", message="The upload failed at Mux."),
            ),
        ),
        (
            "video.upload.cancelled",
            upload("cancelled", passthrough=PASSTHROUGH),
            Report(fact=Fact.UPLOAD_CANCELLED, upload_id=UPLOAD_ID, passthrough=PASSTHROUGH),
        ),
        (
            "video.asset.created",
            asset("preparing", passthrough=PASSTHROUGH),
            Report(
                fact=Fact.ASSET_CREATED,
                upload_id=UPLOAD_ID,
                asset_id=ASSET_ID,
                passthrough=PASSTHROUGH,
                playback_id=PLAYBACK_ID,
                is_signed=True,
            ),
        ),
        (
            "video.asset.ready",
            asset("ready", passthrough=PASSTHROUGH),
            Report(
                fact=Fact.ASSET_READY,
                upload_id=UPLOAD_ID,
                asset_id=ASSET_ID,
                passthrough=PASSTHROUGH,
                playback_id=PLAYBACK_ID,
                is_signed=True,
                duration_seconds=61.7,
            ),
        ),
        (
            "video.asset.updated",  # says by its status what it is about
            asset("ready", upload_id=None),
            Report(
                fact=Fact.ASSET_READY,
                asset_id=ASSET_ID,
                playback_id=PLAYBACK_ID,
                is_signed=True,
                duration_seconds=61.7,
            ),
        ),
        (
            "video.asset.errored",
            asset("errored", errors={"type": "invalid_input", "messages": ["Not a video.", "Really."]}),
            Report(
                fact=Fact.ASSET_ERRORED,
                upload_id=UPLOAD_ID,
                asset_id=ASSET_ID,
                playback_id=PLAYBACK_ID,
                is_signed=True,
                fault=Fault(type="invalid_input", message="Not a video."),
            ),
        ),
        (
            "video.asset.deleted",  # nothing but its id is sure to be there
            {"id": ASSET_ID},
            Report(fact=Fact.ASSET_DELETED, asset_id=ASSET_ID),
        ),
        (
            "video.asset.deleted",
            asset("ready", passthrough=PASSTHROUGH),
            Report(fact=Fact.ASSET_DELETED, asset_id=ASSET_ID, upload_id=UPLOAD_ID, passthrough=PASSTHROUGH),
        ),
    ],
)
def test_each_type_that_is_acted_on(kind: str, data: dict[str, Any], report: Report) -> None:
    read = parse(event(kind, data, event_id="event-1"))

    assert (read.id, read.type, read.environment) == ("event-1", kind, "env01")
    assert read.report == report


@pytest.mark.parametrize(
    "kind",
    [
        "video.upload.created",
        "video.asset.warning",
        "video.asset.non_standard_input_detected",
        "video.asset.master.ready",
        "video.asset.static_renditions.ready",
        "video.live_stream.active",
        "video.delivery.high_traffic",
        "robots.marched",
    ],
)
def test_nothing_is_made_of_the_other_types(kind: str) -> None:
    read = parse(event(kind, {"id": "whatever", "status": ["of", "any"], "shape": None}))

    assert (read.report, read.is_kept_for_later) == (None, False)


@pytest.mark.parametrize("kind", ["created", "ready", "errored", "deleted"])
def test_tracks_are_kept_for_later(kind: str) -> None:
    track = {"type": "text", "text_type": "subtitles", "status": "ready", "id": "tt1", "asset_id": ASSET_ID}

    read = parse(event(f"video.asset.track.{kind}", track))

    assert (read.report, read.is_kept_for_later) == (None, True)


def test_the_payload_is_kept_to_the_letter() -> None:
    body = event("video.asset.ready", asset("ready", meta={"title": "Ünï “code”"}))

    assert parse(body).payload.encode() == body


def test_a_delivery_that_mux_repeats_tells_of_its_former_attempts() -> None:
    attempt = {"webhook_id": 1234, "response_status_code": 500, "max_attempts": 30, "id": "a", "response_headers": {}}

    assert parse(event("video.asset.ready", asset("ready"), attempts=[attempt])).report is not None


def test_what_is_newer_than_this_code_is_passed_over() -> None:
    data = asset("ready", shots=[], a_word_from_the_future={"deep": 1}, video_quality="cinema", tracks="none")

    assert parse(event("video.asset.ready", data, galaxy="Andromeda")).report is not None


@pytest.mark.parametrize(
    ("errors", "fault"),
    [
        ({"type": "invalid_input", "messages": []}, Fault(type="invalid_input", message=NO_WORDS)),
        ({"type": None, "messages": None}, Fault(type="unknown", message=NO_WORDS)),
        ({"messages": ["Because."]}, Fault(type="unknown", message="Because.")),
        ({"messages": "Because."}, Fault(type="unknown", message="Because.")),
        ({"messages": {"en": "Because."}}, Fault(type="unknown", message=NO_WORDS)),
        ({"messages": [None]}, Fault(type="unknown", message=NO_WORDS)),
        ("Because.", Fault(type="unknown", message=NO_WORDS)),
        ([], Fault(type="unknown", message=NO_WORDS)),
        (None, Fault(type="unknown", message=NO_WORDS)),
        ({"type": "t" * 300, "messages": ["m" * 3000]}, Fault(type="t" * 255, message="m" * 2000)),
        # What a text column of PostgreSQL does not take.
        ({"type": "a\u0000b", "messages": ["One.\nTwo.\u0000 \ud800"]}, Fault(type="a b", message="One. Two.")),
    ],
)
def test_that_an_asset_failed_is_heard_whatever_shape_the_reason_has(errors: Any, fault: Fault) -> None:
    report = parse(event("video.asset.errored", asset("errored", errors=errors))).report

    assert report is not None
    assert (report.fact, report.fault) == (Fact.ASSET_ERRORED, fault)


@pytest.mark.parametrize("error", ["text", [], {"message": None}, {"message": 5}, {"message": "\u0000"}, None])
def test_that_an_upload_failed_is_heard_whatever_shape_the_reason_has(error: Any) -> None:
    report = parse(event("video.upload.errored", upload("errored", error=error))).report

    assert report is not None
    assert report.fault == Fault(type="unknown", message="The upload failed at Mux.")


@pytest.mark.parametrize(
    ("playback_ids", "chosen"),
    [
        ([{"policy": "public", "id": "p"}, {"policy": "signed", "id": "s"}], ("s", True)),
        ([{"policy": "public", "id": "p"}], ("p", False)),
        ([{"policy": "drm", "id": "d"}], (None, False)),
        ([{"policy": "signed", "id": None}], (None, False)),
        ([], (None, False)),
        (None, (None, False)),
    ],
)
def test_of_several_playback_ids_the_signed_one_is_used(playback_ids: Any, chosen: tuple[str | None, bool]) -> None:
    report = parse(event("video.asset.ready", asset("ready", playback_ids=playback_ids))).report

    assert report is not None
    assert (report.playback_id, report.is_signed) == chosen


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        '{"id": "ünï"'.encode("latin-1"),
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{}",
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"type": "video.asset.ready", "data": {}}',
        b'{"id": "1", "data": {}}',
        b'{"id": "1", "type": "video.asset.ready"}',
        b'{"id": "1", "type": "video.asset.ready", "data": null}',
        b'{"id": "1", "type": "video.asset.ready", "data": []}',
        b'{"id": 1, "type": "video.asset.ready", "data": {"id": "as01"}}',
        b'{"id": "", "type": "video.asset.ready", "data": {"id": "as01"}}',
        b'{"id": "\\u0000", "type": "video.asset.ready", "data": {"id": "as01"}}',
        b'{"id": "\\ud800", "type": "video.asset.ready", "data": {"id": "as01"}}',
        b'{"id": "1", "type": ["video.asset.ready"], "data": {"id": "as01"}}',
    ],
    ids=lambda body: str(body[:60]),
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadEventError):
        parse(body)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("video.upload.asset_created", {"status": "asset_created"}),
        ("video.upload.asset_created", upload("asset_created", upload_id="")),
        ("video.upload.asset_created", upload("asset_created", asset_id=5)),
        ("video.upload.asset_created", upload("asset_created") | {"new_asset_settings": "text"}),
        ("video.upload.asset_created", upload("asset_created") | {"new_asset_settings": {"passthrough": 5}}),
        ("video.asset.ready", asset("ready") | {"id": None}),
        ("video.asset.ready", asset("ready", asset_id="a" * 256)),
        ("video.asset.ready", asset("ready", asset_id="a\u0000")),
        ("video.asset.ready", asset("ready", upload_id=5)),  # type: ignore[arg-type]
        ("video.asset.ready", asset("ready", passthrough=5)),  # type: ignore[arg-type]
        ("video.asset.ready", asset("ready", playback_ids="text")),
        ("video.asset.ready", asset("ready", playback_ids=["text"])),
        ("video.asset.ready", asset("ready", playback_ids=[{"policy": "signed", "id": 5}])),
        ("video.asset.ready", asset("ready", duration="61.7")),
        ("video.asset.ready", asset("ready", duration=-1)),
        ("video.asset.ready", asset("ready", duration=10**7)),
        ("video.asset.ready", asset("ready", duration=True)),
        ("video.asset.ready", asset("ready", duration=float("nan"))),
        ("video.asset.ready", asset("ready", duration=float("inf"))),
        ("video.asset.updated", asset("enchanted")),
        ("video.asset.updated", asset("ready") | {"status": ["ready"]}),
        ("video.asset.deleted", {"upload_id": UPLOAD_ID}),
    ],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value)[:40],
)
def test_data_that_can_not_be_what_mux_documents_is_refused(kind: str, data: dict[str, Any]) -> None:
    with pytest.raises(BadEventError, match="documented shape"):
        parse(event(kind, data))
