"""The REST API: statuses, envelopes, fields, limits."""

from typing import Any

import pytest

from tests.local_mux.media import Media
from tests.local_mux.running import LocalMux

INVALID = "invalid_parameters"


@pytest.mark.parametrize("token", [("wrong", "test-token-secret"), ("test-token-id", "wrong"), ("", "")])
def test_a_wrong_access_token_is_unauthorized(mux: LocalMux, token: tuple[str, str]) -> None:
    status, answer = mux.call("GET", "/video/v1/assets", token=token)
    assert status == 401
    assert answer == {"error": {"type": "unauthorized", "messages": ["Unauthorized request"]}}


def test_no_access_token_is_unauthorized(mux: LocalMux) -> None:
    assert mux.get("/video/v1/uploads").status == 401
    assert mux.get("/system/v1/signing-keys").status == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/video/v1/uploads/none"),
        ("PUT", "/video/v1/uploads/none/cancel"),
        ("GET", "/video/v1/assets/none"),
        ("PATCH", "/video/v1/assets/none"),
        ("DELETE", "/video/v1/assets/none"),
        ("POST", "/video/v1/assets/none/playback-ids"),
        ("GET", "/video/v1/assets/{asset}/playback-ids/none"),
        ("DELETE", "/video/v1/assets/{asset}/playback-ids/none"),
        ("DELETE", "/video/v1/assets/{asset}/tracks/none"),
        ("DELETE", "/video/v1/assets/{asset}/static-renditions/none"),
        ("GET", "/video/v1/assets/none/input-info"),
        ("GET", "/video/v1/playback-ids/none"),
        ("GET", "/system/v1/signing-keys/none"),
        ("DELETE", "/video/v1/signing-keys/none"),
        ("GET", "/video/v1/no-such-thing"),
    ],
)
def test_what_does_not_exist_is_not_found(mux: LocalMux, ready: dict[str, Any], method: str, path: str) -> None:
    status, answer = mux.call(method, path.format(asset=ready["id"]))
    assert status == 404
    assert answer["error"]["type"] == "not_found"


def test_a_new_upload_is_waiting_and_keeps_what_was_asked_for(mux: LocalMux) -> None:
    settings = {"playback_policies": ["signed"], "passthrough": "lesson:42", "meta": {"title": "Intro"}}
    status, answer = mux.call(
        "POST", "/video/v1/uploads", {"new_asset_settings": settings, "cors_origin": "http://portal.example"}
    )
    assert status == 201
    upload = answer["data"]
    assert upload.pop("url").startswith(f"{mux.url}/upload/")
    assert upload == {
        "id": upload["id"],
        "timeout": 3600,
        "status": "waiting",
        "cors_origin": "http://portal.example",
        "new_asset_settings": settings,
        "test": False,
    }


def test_the_names_older_clients_use_are_taken(mux: LocalMux) -> None:
    settings = {"playback_policy": ["public"], "input": [{"type": "video"}], "encoding_tier": "smart"}
    upload = mux.create_upload(settings)
    assert upload["new_asset_settings"] == {
        "playback_policies": ["public"],
        "inputs": [{"type": "video"}],
        "video_quality": "plus",
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timeout": 59}, "timeout"),
        ({"timeout": 604_801}, "timeout"),
        ({"timeout": "3600"}, "timeout"),
        ({"cors_origin": 7}, "cors_origin"),
        ({"new_asset_settings": {"passthrough": "x" * 256}}, "new_asset_settings.passthrough"),
        ({"new_asset_settings": {"meta": {"title": "x" * 513}}}, "new_asset_settings.meta.title"),
        ({"new_asset_settings": {"meta": {"creator_id": "x" * 129}}}, "new_asset_settings.meta.creator_id"),
        ({"new_asset_settings": {"meta": {"external_id": "x" * 129}}}, "new_asset_settings.meta.external_id"),
        ({"new_asset_settings": {"playback_policies": ["secret"]}}, "new_asset_settings.playback_policies.0"),
        ({"new_asset_settings": {"playback_policies": "public"}}, "new_asset_settings.playback_policies"),
        ({"new_asset_settings": {"video_quality": "best"}}, "new_asset_settings.video_quality"),
        ({"new_asset_settings": {"max_resolution_tier": "720p"}}, "new_asset_settings.max_resolution_tier"),
        ({"new_asset_settings": {"master_access": "always"}}, "new_asset_settings.master_access"),
        ({"new_asset_settings": {"normalize_audio": "yes"}}, "new_asset_settings.normalize_audio"),
        ({"new_asset_settings": {"static_renditions": [{"resolution": "4k"}]}}, "static_renditions.0.resolution"),
        (
            {"new_asset_settings": {"static_renditions": [{"resolution": "720p"}], "mp4_support": "standard"}},
            "exclude each other",
        ),
        (["not an object"], "body"),
        (b"not json", "body"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(mux: LocalMux, body: object, field: str) -> None:
    status, answer = mux.call("POST", "/video/v1/uploads", body)
    assert status == 400
    assert answer["error"]["type"] == INVALID
    assert field in answer["error"]["messages"][0]


def test_limits_may_be_reached(mux: LocalMux) -> None:
    settings = {"passthrough": "x" * 255, "meta": {"title": "é" * 512, "creator_id": "x" * 128}}
    assert mux.create_upload(settings, timeout=60)["timeout"] == 60
    assert mux.create_upload(settings, timeout=604_800)["timeout"] == 604_800


def test_only_a_waiting_upload_can_be_cancelled(mux: LocalMux) -> None:
    upload = mux.create_upload()
    status, answer = mux.call("PUT", f"/video/v1/uploads/{upload['id']}/cancel")
    assert (status, answer["data"]["status"]) == (200, "cancelled")
    assert "url" not in answer["data"]
    assert mux.call("PUT", f"/video/v1/uploads/{upload['id']}/cancel") == (403, None)


def test_a_ready_asset_says_what_it_is(ready: dict[str, Any]) -> None:
    assert isinstance(ready["created_at"], str)
    assert ready["created_at"].isdigit()
    expected = {
        "status": "ready",
        "duration": pytest.approx(2.0, abs=0.1),
        "aspect_ratio": "16:9",
        "resolution_tier": "720p",
        "max_resolution_tier": "1080p",
        "max_stored_resolution": "SD",
        "max_stored_frame_rate": 25.0,
        "video_quality": "basic",
        "encoding_tier": "baseline",
        "ingest_type": "on_demand_direct_upload",
        "passthrough": "lesson:1",
        "meta": {"title": "Lesson 1"},
        "master_access": "none",
        "mp4_support": "none",
        "normalize_audio": False,
        "progress": {"state": "completed", "progress": 100.0},
        "test": False,
    }
    assert {name: ready[name] for name in expected} == expected
    assert [each["policy"] for each in ready["playback_ids"]] == ["public", "signed"]
    video, audio = ready["tracks"]
    assert (video["type"], video["max_width"], video["max_height"], video["max_frame_rate"]) == ("video", 160, 90, 25)
    assert (audio["type"], audio["primary"], audio["max_channels"]) == ("audio", True, 2)
    assert (audio["max_channel_layout"], audio["language_code"], audio["status"]) == ("stereo", "und", "ready")


def test_an_errored_asset_says_why(errored: dict[str, Any]) -> None:
    assert errored["status"] == "errored"
    assert errored["errors"] == {
        "type": "invalid_input",
        "messages": ["The input file was not a valid video or audio file."],
    }
    assert errored["progress"] == {"state": "errored", "progress": -1.0}


def test_without_a_policy_there_is_no_playback_id(mux: LocalMux) -> None:
    upload = mux.create_upload({})
    mux.put(upload["url"], b"bytes")
    [asset] = mux.call("GET", f"/video/v1/assets?upload_id={upload['id']}")[1]["data"]
    assert "playback_ids" not in asset


def test_assets_are_listed_by_page_and_by_cursor(mux: LocalMux, ready: dict[str, Any], errored: dict[str, Any]) -> None:
    assert ready["id"] != errored["id"]
    first = mux.call("GET", "/video/v1/assets?limit=1&page=1")[1]
    second = mux.call("GET", "/video/v1/assets?limit=1&page=2")[1]
    by_cursor = mux.call("GET", f"/video/v1/assets?limit=1&cursor={first['next_cursor']}")[1]
    assert first["data"] != second["data"] == by_cursor["data"]
    assert mux.call("GET", f"/video/v1/assets?upload_id={ready['upload_id']}")[1]["next_cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "page=0", "cursor=nonsense"])
def test_bad_paging_is_refused(mux: LocalMux, query: str) -> None:
    assert mux.call("GET", f"/video/v1/assets?{query}")[0] == 400


def test_passthrough_and_meta_can_be_changed(mux: LocalMux, errored: dict[str, Any]) -> None:
    path = f"/video/v1/assets/{errored['id']}"
    status, answer = mux.call("PATCH", path, {"passthrough": "other", "meta": {"title": "New"}})
    assert status == 200
    assert (answer["data"]["passthrough"], answer["data"]["meta"]) == ("other", {"title": "New"})
    assert mux.call("PATCH", path, {"meta": {"creator_id": "u7"}})[1]["data"]["meta"] == {
        "title": "New",
        "creator_id": "u7",
    }
    assert mux.call("PATCH", path, {"passthrough": "x" * 256})[0] == 400


def test_playback_ids_come_and_go(mux: LocalMux, ready: dict[str, Any]) -> None:
    path = f"/video/v1/assets/{ready['id']}/playback-ids"
    status, answer = mux.call("POST", path, {"policy": "signed"})
    assert status == 201
    playback_id = answer["data"]
    assert playback_id["policy"] == "signed"
    assert mux.call("GET", f"{path}/{playback_id['id']}") == (200, {"data": playback_id})
    owner = {"type": "asset", "id": ready["id"]}
    assert mux.call("GET", f"/video/v1/playback-ids/{playback_id['id']}")[1]["data"]["object"] == owner
    assert mux.call("DELETE", f"{path}/{playback_id['id']}") == (204, None)
    assert mux.call("GET", f"{path}/{playback_id['id']}")[0] == 404
    assert mux.call("POST", path, {"policy": "drm"})[0] == 400


@pytest.mark.parametrize("path", ["/system/v1/signing-keys", "/video/v1/signing-keys"])
def test_a_signing_key_tells_its_private_half_once(mux: LocalMux, path: str) -> None:
    status, answer = mux.call("POST", path)
    assert status == 201
    key = answer["data"]
    assert key.pop("private_key")
    assert mux.call("GET", f"{path}/{key['id']}") == (200, {"data": key})
    assert key in mux.call("GET", f"{path}?limit=100")[1]["data"]
    assert mux.call("DELETE", f"{path}/{key['id']}") == (204, None)
    assert mux.call("GET", f"{path}/{key['id']}")[0] == 404


def test_input_info_tells_what_the_file_was(mux: LocalMux, ready: dict[str, Any]) -> None:
    status, answer = mux.call("GET", f"/video/v1/assets/{ready['id']}/input-info")
    assert status == 200
    [info] = answer["data"]
    assert [track["encoding"] for track in info["file"]["tracks"]] == ["h264", "aac"]


@pytest.mark.media
def test_an_asset_in_preparation_cannot_be_deleted_and_a_finished_one_can(mux: LocalMux, media: Media) -> None:
    asset_id = mux.send(media["vp9.webm"])
    status, answer = mux.call("DELETE", f"/video/v1/assets/{asset_id}")
    assert (status, answer["error"]["type"]) == (400, INVALID)

    playback_id = mux.finished(asset_id)["playback_ids"][0]["id"]
    assert mux.call("DELETE", f"/video/v1/assets/{asset_id}") == (204, None)
    assert mux.call("GET", f"/video/v1/assets/{asset_id}")[0] == 404
    assert mux.get(f"/{playback_id}.m3u8").status == 404
    assert not (mux.data / "assets" / asset_id).exists()
