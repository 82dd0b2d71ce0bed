"""What becomes of each kind of file."""

from collections.abc import Callable
from typing import Any

import pytest

from local_mux.encoding.inspector import Audio, Input, Video
from local_mux.encoding.plan import make_plan
from tests.local_mux.media import Media
from tests.local_mux.running import LocalMux, eventually

PLAIN_VIDEO: dict[str, Any] = {
    "index": 0,
    "codec": "h264",
    "profile": "High",
    "pixel_format": "yuv420p",
    "width": 1280,
    "height": 720,
    "sample_aspect_ratio": 1.0,
    "rotation": 0,
    "interlaced": False,
    "average_frame_rate": 25.0,
    "base_frame_rate": 25.0,
    "steady": True,
    "keyframes_far_apart": False,
    "duration": 2.0,
}
PLAIN_AUDIO: dict[str, Any] = {
    "index": 1,
    "codec": "aac",
    "profile": "LC",
    "channels": 2,
    "layout": "stereo",
    "sample_rate": 44_100,
    "duration": 2.0,
}
MOV = "mov,mp4,m4a,3gp,3g2,mj2"


@pytest.mark.parametrize(
    ("video", "copied"),
    [
        pytest.param({}, True, id="plain H.264"),
        pytest.param({"codec": "hevc"}, False, id="HEVC"),
        pytest.param({"pixel_format": "yuv420p10le"}, False, id="10 bit"),
        pytest.param({"pixel_format": "yuv422p"}, False, id="4:2:2"),
        pytest.param({"rotation": 90}, False, id="rotated"),
        pytest.param({"interlaced": True}, False, id="interlaced"),
        pytest.param({"steady": False}, False, id="frames come unevenly"),
        pytest.param({"base_frame_rate": 90_000.0}, False, id="no base frame rate worth the name"),
        pytest.param({"keyframes_far_apart": True}, False, id="too few keyframes to seek by"),
        pytest.param({"width": 1279}, False, id="odd width"),
        pytest.param({"width": 3840, "height": 2160}, False, id="larger than the tier"),
        pytest.param({"width": 1080, "height": 1920}, True, id="upright 1080p"),
    ],
)
def test_what_browsers_play_anyway_is_copied_and_the_rest_encoded(video: dict[str, Any], *, copied: bool) -> None:
    source = Input(MOV, 2.0, Video(**PLAIN_VIDEO | video), Audio(**PLAIN_AUDIO))
    assert make_plan(source, {}).copies_video is copied


@pytest.mark.parametrize(
    ("container", "audio", "settings", "copied"),
    [
        pytest.param(MOV, {}, {}, True, id="AAC"),
        pytest.param(MOV, {"codec": "mp3"}, {}, False, id="MP3"),
        pytest.param("mpegts", {}, {}, False, id="a container without headers"),
        pytest.param(MOV, {}, {"normalize_audio": True}, False, id="loudness is to change"),
    ],
)
def test_sound_is_copied_where_it_can_be(
    container: str, audio: dict[str, Any], settings: dict[str, Any], *, copied: bool
) -> None:
    source = Input(container, 2.0, None, Audio(**PLAIN_AUDIO | audio))
    assert make_plan(source, settings).copies_audio is copied


@pytest.mark.parametrize(
    ("video", "tier", "size"),
    [
        ({"width": 3840, "height": 2160}, "1080p", (1920, 1080)),
        ({"width": 3840, "height": 2160}, "2160p", (3840, 2160)),
        ({"width": 2160, "height": 3840}, "1440p", (1440, 2560)),
        ({"width": 1280, "height": 720, "rotation": 90}, "1080p", (720, 1280)),
        ({"width": 1440, "height": 1080, "sample_aspect_ratio": 4 / 3}, "1080p", (1920, 1080)),
        ({"width": 161, "height": 91}, "1080p", (160, 92)),
    ],
)
def test_pictures_fit_the_tier_upright_with_square_pixels_and_even_sides(
    video: dict[str, Any], tier: str, size: tuple[int, int]
) -> None:
    picture = make_plan(Input(MOV, 2.0, Video(**PLAIN_VIDEO | video), None), {"max_resolution_tier": tier}).picture
    assert picture
    assert (picture.width, picture.height) == size


@pytest.mark.media
@pytest.mark.parametrize(
    ("name", "size", "tracks"),
    [
        ("matroska.mkv", (160, 90), ["video", "audio"]),
        ("silent.mp4", (160, 90), ["video"]),
        ("vp9.webm", (160, 90), ["video", "audio"]),
        ("hevc.mp4", (160, 90), ["video", "audio"]),
        ("prores.mov", (160, 90), ["video", "audio"]),
        ("mpeg4.avi", (160, 90), ["video", "audio"]),
        ("ten_bit.mp4", (160, 90), ["video", "audio"]),
        ("transport.ts", (160, 90), ["video", "audio"]),
        ("uneven.mp4", (160, 90), ["video", "audio"]),
        ("odd.mp4", (160, 92), ["video"]),
        ("rotated.mp4", (90, 160), ["video", "audio"]),
    ],
)
def test_videos_of_every_kind_become_playable(
    mux: LocalMux, media: Media, name: str, size: tuple[int, int], tracks: list[str]
) -> None:
    asset = mux.finished(mux.send(media[name]))
    assert asset["status"] == "ready", asset
    assert asset["duration"] == pytest.approx(2.0, abs=0.15)
    assert [track["type"] for track in asset["tracks"]] == tracks
    assert (asset["tracks"][0]["max_width"], asset["tracks"][0]["max_height"]) == size
    assert mux.get(f"/{asset['playback_ids'][0]['id']}.m3u8").status == 200


@pytest.mark.media
@pytest.mark.parametrize("name", ["sound.mp3", "sound.m4a"])
def test_sound_alone_becomes_an_audio_only_asset(mux: LocalMux, media: Media, name: str) -> None:
    asset = mux.finished(mux.send(media[name]))
    assert (asset["status"], asset["resolution_tier"]) == ("ready", "audio-only")
    assert asset["max_stored_resolution"] == "Audio only"
    assert [track["type"] for track in asset["tracks"]] == ["audio"]
    assert "aspect_ratio" not in asset
    playback_id = asset["playback_ids"][0]["id"]
    assert 'CODECS="mp4a.40.2"' in mux.get(f"/{playback_id}.m3u8").data.decode()
    assert mux.get(f"/{playback_id}/thumbnail.jpg").status == 400


@pytest.mark.media
@pytest.mark.parametrize(
    "name", ["noise.mp4", "empty.mp4", "cut_off.mp4", "without_end.mp4", "playlist.m3u8", "script.ffconcat"]
)
def test_what_is_no_whole_media_file_is_errored(mux: LocalMux, media: Media, name: str) -> None:
    asset = mux.finished(mux.send(media[name]))
    assert asset["status"] == "errored"
    assert asset["errors"]["messages"] == ["The input file was not a valid video or audio file."]


@pytest.mark.media
def test_progress_grows_while_a_long_video_is_encoded(mux: LocalMux, media: Media) -> None:
    asset_id = mux.send(media["long.mp4"])
    seen: list[tuple[str, float]] = []

    def is_finished() -> bool:
        asset = mux.asset(asset_id)
        seen.append((asset["progress"]["state"], asset["progress"]["progress"]))
        return bool(asset["status"] == "ready")

    eventually(is_finished, seconds=60)
    assert seen == sorted(seen, key=lambda entry: entry[1])
    between = [percent for state, percent in seen if state == "transcoding" and 0 < percent < 100]
    assert between
    assert seen[-1] == ("completed", 100.0)
    assert mux.asset(asset_id)["resolution_tier"] == "720p"


@pytest.mark.media
def test_a_test_asset_is_cut_to_ten_seconds(mux: LocalMux, media: Media) -> None:
    asset = mux.finished(mux.send(media["long.mp4"], {"test": True}))
    assert asset["test"] is True
    assert asset["duration"] == pytest.approx(10.0, abs=0.2)


@pytest.mark.media
def test_an_asset_can_be_made_from_a_url(mux: LocalMux, media: Media, publish: Callable[[bytes], str]) -> None:
    url = publish(media["plain.mp4"].read_bytes())
    status, answer = mux.call("POST", "/video/v1/assets", {"inputs": [{"url": url}], "playback_policies": ["public"]})
    assert (status, answer["data"]["ingest_type"]) == (201, "on_demand_url")
    asset = mux.finished(answer["data"]["id"])
    assert asset["status"] == "ready"
    assert mux.get(f"/{asset['playback_ids'][0]['id']}.m3u8").status == 200


def test_a_url_that_cannot_be_fetched_makes_the_asset_errored(mux: LocalMux) -> None:
    asset = mux.call("POST", "/video/v1/assets", {"input": "http://127.0.0.1:9/none.mp4"})[1]["data"]
    assert mux.finished(asset["id"])["errors"]["type"] == "download_failed"


@pytest.mark.parametrize("inputs", [[], [{}], [{"url": "file:///etc/passwd"}], [{"url": "concat:a|b"}]])
def test_an_asset_needs_a_web_url(mux: LocalMux, inputs: list[dict[str, str]]) -> None:
    assert mux.call("POST", "/video/v1/assets", {"inputs": inputs})[0] == 400
