"""Mux's lists of all that an environment has, page by page, and the question that only looks if it answers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from portal.mux.facts import AssetPage, ListedAsset, ListedUpload
from portal.mux.gateway import MuxApi, MuxError, Trouble
from tests.mux.scripted import ScriptedMux

PASSTHROUGH = "0b7c8f0e-1111-4222-8333-444455556666"
ASSET = {
    "id": "as01",
    "status": "ready",
    "upload_id": "up01",
    "passthrough": PASSTHROUGH,
    "duration": 61.7,
    "created_at": "1768000000",
}
UPLOAD = {
    "id": "up01",
    "status": "waiting",
    "timeout": 86400,
    "url": "https://storage.example/up01",
    "new_asset_settings": {"passthrough": PASSTHROUGH, "playback_policies": ["signed"]},
}
MADE_AT = datetime(2026, 1, 9, 23, 6, 40, tzinfo=UTC)


def test_assets_are_listed_with_what_tells_whose_they_are(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(200, {"data": [ASSET], "next_cursor": "abc=="})

    page = gateway.list_assets(None)

    assert mux_server.asked[0].path == "/video/v1/assets?limit=100"
    assert page == AssetPage(
        items=(
            ListedAsset(
                id="as01",
                status="ready",
                passthrough=PASSTHROUGH,
                upload_id="up01",
                made_at=MADE_AT,
                duration_seconds=61.7,
            ),
        ),
        next_cursor="abc==",
    )


def test_the_list_goes_on_behind_a_cursor_to_its_end(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(200, {"data": [], "next_cursor": None})

    assert gateway.list_assets("abc==") == AssetPage(items=(), next_cursor=None)

    assert mux_server.asked[0].path == "/video/v1/assets?limit=100&cursor=abc%3D%3D"


def test_uploads_are_listed_page_by_page(gateway: MuxApi, mux_server: ScriptedMux) -> None:
    mux_server.script.says(200, {"data": [UPLOAD, {"id": "up02", "status": "asset_created", "asset_id": "as02"}]})

    uploads = gateway.list_uploads(3)

    assert mux_server.asked[0].path == "/video/v1/uploads?limit=100&page=3"
    assert uploads == (
        ListedUpload(id="up01", status="waiting", passthrough=PASSTHROUGH),
        ListedUpload(id="up02", status="asset_created", asset_id="as02"),
    )


@pytest.mark.parametrize(
    ("strange", "field"),
    [
        ({"created_at": "yesterday"}, "made_at"),
        ({"created_at": None}, "made_at"),
        ({"created_at": "-5"}, "made_at"),
        ({"created_at": "9" * 30}, "made_at"),
        ({"passthrough": "x" * 5000}, "passthrough"),
        ({"passthrough": "a\u0000b"}, "passthrough"),
        ({"passthrough": ""}, "passthrough"),
        ({"duration": -1}, "duration_seconds"),
        ({"duration": 1e300}, "duration_seconds"),
        ({"upload_id": "\n"}, "upload_id"),
        ({"status": ""}, "status"),
    ],
)
def test_other_software_s_strange_asset_does_not_hide_the_rest_of_the_list(
    gateway: MuxApi, mux_server: ScriptedMux, strange: dict[str, Any], field: str
) -> None:
    mux_server.script.says(200, {"data": [ASSET | strange, ASSET | {"id": "as02"}]})

    first, second = gateway.list_assets(None).items

    assert getattr(first, field) is None
    assert (second.id, second.made_at) == ("as02", MADE_AT)


@pytest.mark.parametrize("call", ["list_assets", "list_uploads"])
@pytest.mark.parametrize("entry", [{}, {"id": ""}, {"id": None}, {"id": "x" * 300}, {"id": "a\nb"}])
def test_what_has_no_id_is_not_mux_s(
    gateway: MuxApi, mux_server: ScriptedMux, call: str, entry: dict[str, Any]
) -> None:
    mux_server.script.says(200, {"data": [entry]})

    with pytest.raises(MuxError) as caught:
        gateway.list_assets(None) if call == "list_assets" else gateway.list_uploads(1)

    assert caught.value.trouble is Trouble.UNREADABLE


@pytest.mark.parametrize("cursor", ["x" * 5000, ["a"], {"a": 1}])
def test_a_cursor_that_is_none_is_not_followed(gateway: MuxApi, mux_server: ScriptedMux, cursor: Any) -> None:
    mux_server.script.says(200, {"data": [ASSET], "next_cursor": cursor})

    try:
        page = gateway.list_assets(None)
    except MuxError as error:
        assert error.trouble is Trouble.UNREADABLE  # noqa: PT017 - the SDK makes a text of some of them
    else:
        assert isinstance(page.next_cursor, str)


@pytest.mark.parametrize(
    ("headers", "at"),
    [
        ({"Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ({"Date": "Mon, 02 Mar 2026 14:00:00 +0200"}, datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ({"Date": "Mon, 02 Mar 2026 12:00:00 -0000"}, datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ({"Date": "soon"}, None),
        ({"Date": "Mon, 99 Mar 2026 12:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_probe_tells_mux_s_time(
    gateway: MuxApi, mux_server: ScriptedMux, headers: dict[str, str], at: datetime | None
) -> None:
    mux_server.script.says(200, {"data": []}, **headers)

    assert gateway.probe() == at

    assert mux_server.asked[0].path == "/video/v1/uploads?limit=1&page=1"
