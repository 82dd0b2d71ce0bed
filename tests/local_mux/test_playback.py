"""Streams and pictures: what players load, and with which token."""

import base64
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.local_mux.keys import OTHER_PRIVATE_KEY_PEM, token
from tests.local_mux.media import Media
from tests.local_mux.running import LocalMux, eventually

URI = re.compile(r'^(?!#)(\S+)$|URI="([^"]+)"', re.MULTILINE)


def uris(playlist: str) -> list[str]:
    return [line or attribute for line, attribute in URI.findall(playlist)]


def rendition_of(mux: LocalMux, master: str) -> str:
    [rendition] = uris(mux.get(master).data.decode())
    return f"/{rendition}"


def test_a_public_video_plays_without_a_token(mux: LocalMux, public_id: str) -> None:
    master = mux.get(f"/{public_id}.m3u8?redundant_streams=true")
    assert master.status == 200
    assert master.headers["Content-Type"] == "application/vnd.apple.mpegurl"
    assert re.search(
        r'CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=160x90,FRAME-RATE=25\.000', master.data.decode()
    )

    rendition = mux.get(rendition_of(mux, f"/{public_id}.m3u8"))
    text = rendition.data.decode()
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in text
    assert "#EXT-X-ENDLIST" in text
    init, segment = uris(text)
    first = mux.get(f"/{public_id}/{init}")
    media = mux.get(f"/{public_id}/{segment}")
    assert (first.headers["Content-Type"], media.headers["Content-Type"]) == ("video/mp4", "video/iso.segment")
    assert (first.data[4:8], media.data[4:8]) == (b"ftyp", b"styp")
    for answer in (master, rendition, first, media):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_segment_can_be_had_in_parts_and_is_cached(mux: LocalMux, public_id: str) -> None:
    part = mux.get(f"/{public_id}/init.mp4", {"Range": "bytes=4-7"})
    assert (part.status, part.data) == (206, b"ftyp")
    assert part.headers["Content-Range"].startswith("bytes 4-7/")
    assert part.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize("kid_in", ["header", "payload"])
def test_a_signed_video_plays_with_a_token_and_its_children_carry_their_own_signature(
    mux: LocalMux, signed_id: str, kid_in: str
) -> None:
    master = f"/{signed_id}.m3u8?token={token(signed_id, 'v', kid_in=kid_in)}"
    rendition = rendition_of(mux, master)
    init, segment = uris(mux.get(rendition).data.decode())
    assert mux.get(f"/{signed_id}/{init}").status == 200
    assert mux.get(f"/{signed_id}/{segment}").headers["Cache-Control"] == "private, max-age=3600"


def test_a_child_url_holds_as_long_as_the_token_and_cannot_be_forged(
    mux: LocalMux, signed_id: str, public_id: str
) -> None:
    expires = int(time.time()) + 50
    rendition = rendition_of(mux, f"/{signed_id}.m3u8?token={token(signed_id, 'v', exp=expires)}")
    assert f"expires={expires}&" in rendition
    bare = rendition.partition("?")[0]
    for forged in (
        bare,
        bare.replace("rendition.m3u8", "init.mp4"),
        bare.replace("rendition.m3u8", "00000.m4s"),
        rendition.replace(f"expires={expires}", f"expires={expires + 1}"),
        rendition.replace("signature=", "signature=0"),
        f"{bare}?token={token(signed_id, 'v')}",
        f"/{signed_id}/storyboard.jpg?{rendition.partition('?')[2]}",
    ):
        assert mux.get(forged).status == 403, forged
    assert mux.get(rendition.replace(signed_id, public_id)).status == 200


@pytest.mark.parametrize(
    ("changes", "audience"),
    [
        pytest.param({"exp": int(time.time()) - 1}, "v", id="expired"),
        pytest.param({"exp": None}, "v", id="without expiry"),
        pytest.param({"sub": "another"}, "v", id="for another playback id"),
        pytest.param({"sub": None}, "v", id="for no playback id"),
        pytest.param({}, "t", id="for pictures"),
        pytest.param({"aud": None}, "v", id="for nothing in particular"),
        pytest.param({"kid": "unknown"}, "v", id="by an unknown key"),
        pytest.param({"kid_in": "nowhere"}, "v", id="by nobody"),
        pytest.param({"key": OTHER_PRIVATE_KEY_PEM}, "v", id="signed with another key"),
    ],
)
def test_a_token_that_is_not_good_is_forbidden(
    mux: LocalMux, signed_id: str, changes: dict[str, Any], audience: str
) -> None:
    answer = mux.get(f"/{signed_id}.m3u8?token={token(signed_id, audience, **changes)}")
    assert answer.status == 403
    assert answer.json()["error"]["type"] == "forbidden"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("query", ["", "?token=", "?token=nonsense", "?token=a.b.c"])
def test_no_token_or_nonsense_is_forbidden(mux: LocalMux, signed_id: str, query: str) -> None:
    assert mux.get(f"/{signed_id}.m3u8{query}").status == 403


def test_a_key_made_by_the_api_signs_tokens_until_it_is_deleted(mux: LocalMux, signed_id: str) -> None:
    key = mux.call("POST", "/system/v1/signing-keys")[1]["data"]
    signed = token(signed_id, "v", key=base64.b64decode(key["private_key"]), kid=key["id"])
    assert mux.get(f"/{signed_id}.m3u8?token={signed}").status == 200
    mux.call("DELETE", f"/system/v1/signing-keys/{key['id']}")
    assert mux.get(f"/{signed_id}.m3u8?token={signed}").status == 403


def test_what_was_never_there_is_not_found(mux: LocalMux) -> None:
    answer = mux.get("/never-existed.m3u8")
    assert answer.status == 404
    assert answer.json() == {"error": {"messages": ["Invalid Playback ID"], "type": "not_found"}}
    assert mux.get("/never-existed/thumbnail.jpg").status == 404


def test_an_errored_asset_answers_412_for_the_stream_and_400_for_the_picture(
    mux: LocalMux, errored: dict[str, Any]
) -> None:
    playback_id = errored["playback_ids"][0]["id"]
    assert mux.get(f"/{playback_id}.m3u8").status == 412
    assert mux.get(f"/{playback_id}/thumbnail.jpg").status == 400


@pytest.mark.media
def test_an_asset_in_preparation_answers_412(mux: LocalMux, media: Media) -> None:
    asset_id = mux.send(media["prores.mov"])
    playback_id = mux.asset(asset_id)["playback_ids"][0]["id"]
    assert mux.get(f"/{playback_id}.m3u8").status == 412
    mux.finished(asset_id)


def test_path_tricks_lead_nowhere(mux: LocalMux, public_id: str) -> None:
    for path in ("..%2f..%2fstate.m4s", "../state.m4s", "variant.json", "rendition.m3u8/..", "00001.m4s"):
        assert mux.get(f"/{public_id}/{path}").status == 404


@pytest.mark.parametrize(
    ("name", "content_type", "magic"),
    [
        ("thumbnail.jpg", "image/jpeg", b"\xff\xd8"),
        ("thumbnail.png?time=1", "image/png", b"\x89PNG"),
        ("thumbnail.webp?width=80", "image/webp", b"RIFF"),
        ("thumbnail.jpg?time=999&rotate=90", "image/jpeg", b"\xff\xd8"),
        ("thumbnail.jpg?width=50&height=50&fit_mode=crop", "image/jpeg", b"\xff\xd8"),
        ("thumbnail.jpg?width=50&height=50&fit_mode=pad&flip_h=true", "image/jpeg", b"\xff\xd8"),
        ("storyboard.jpg", "image/jpeg", b"\xff\xd8"),
        ("storyboard.webp", "image/webp", b"RIFF"),
        ("animated.gif?fps=5&width=64", "image/gif", b"GIF8"),
        ("animated.webp?start=1&end=1.5&width=64", "image/webp", b"RIFF"),
    ],
)
def test_pictures_are_made_on_demand(mux: LocalMux, public_id: str, name: str, content_type: str, magic: bytes) -> None:
    answer = mux.get(f"/{public_id}/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)
    assert answer.data.startswith(magic)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "name",
    [
        "thumbnail.jpg?width=0",
        "thumbnail.jpg?width=big",
        "thumbnail.jpg?time=-1",
        "thumbnail.jpg?fit_mode=crop&width=5",
        "thumbnail.jpg?fit_mode=tight",
        "thumbnail.jpg?rotate=45",
        "thumbnail.jpg?latest=true",
        "animated.gif?end=11",
        "animated.gif?width=641",
        "animated.gif?fps=31",
        "storyboard.vtt?format=bmp",
    ],
)
def test_a_bad_picture_parameter_is_refused_by_name(mux: LocalMux, public_id: str, name: str) -> None:
    answer = mux.get(f"/{public_id}/{name}")
    assert answer.status == 400
    assert re.split(r"[?&=]", name)[-2].split("_")[0] in answer.json()["error"]["messages"][0] + " fit width"


def test_a_storyboard_has_fifty_tiles_that_cover_the_video(mux: LocalMux, public_id: str) -> None:
    board = mux.get(f"/{public_id}/storyboard.json").json()
    assert (len(board["tiles"]), board["tile_width"], board["tile_height"]) == (50, 256, 144)
    text = mux.get(f"/{public_id}/storyboard.vtt").data.decode()
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert text.count("storyboard.jpg#xywh=") == 50


def test_a_signed_storyboard_s_picture_loads_by_itself(mux: LocalMux, signed_id: str) -> None:
    answer = mux.get(f"/{signed_id}/storyboard.vtt?token={token(signed_id, 's')}&format=webp")
    assert answer.status == 200
    [picture] = {line.partition("#")[0] for line in answer.data.decode().splitlines() if line.startswith("http")}
    assert "/storyboard.webp?expires=" in picture
    assert mux.get(picture).headers["Content-Type"] == "image/webp"
    assert mux.get(picture.partition("?")[0]).status == 403


def test_a_signed_picture_follows_the_token_s_claims_and_not_the_query(mux: LocalMux, signed_id: str) -> None:
    wide = mux.get(f"/{signed_id}/thumbnail.png?token={token(signed_id, 't', width=100)}&width=20")
    assert int.from_bytes(wide.data[16:20], "big") == 100
    assert mux.get(f"/{signed_id}/thumbnail.png?token={token(signed_id, 'v')}").status == 403
    assert mux.get(f"/{signed_id}/animated.gif?token={token(signed_id, 'g', fps=2)}").status == 200


@pytest.mark.media
def test_subtitles_are_fetched_and_offered_to_players(
    mux: LocalMux, media: Media, publish: Callable[[bytes], str]
) -> None:
    asset = mux.finished(mux.send(media["plain.mp4"], {"playback_policies": ["signed"]}))
    playback_id = asset["playback_ids"][0]["id"]
    url = publish(b"1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    order = {"url": url, "type": "text", "language_code": "en"}
    path = f"/video/v1/assets/{asset['id']}/tracks"

    status, answer = mux.call("POST", path, {**order, "name": "English"})
    assert (status, answer["data"]["status"]) == (201, "preparing")
    track_id = answer["data"]["id"]
    eventually(lambda: mux.asset(asset["id"])["tracks"][-1]["status"] == "ready")

    master = mux.get(f"/{playback_id}.m3u8?token={token(playback_id, 'v')}").data.decode()
    assert 'TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en"' in master
    subtitles = f"/{next(uri for uri in uris(master) if '/text/' in uri)}"
    [segment] = uris(mux.get(subtitles).data.decode())
    text = mux.get(f"/{playback_id}/text/{segment}")
    assert text.data.decode() == "WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\nHello\n"
    assert text.headers["Content-Type"].startswith("text/vtt")
    assert mux.get(f"/{playback_id}/text/{track_id}.vtt").status == 403

    assert mux.call("DELETE", f"{path}/{track_id}") == (204, None)
    assert mux.call("DELETE", f"{path}/{asset['tracks'][0]['id']}")[0] == 400
    assert mux.call("POST", path, {**order, "language_code": None})[0] == 400


@pytest.mark.media
def test_generated_subtitles_are_ordered_and_end_as_errored(mux: LocalMux, media: Media) -> None:
    asset = mux.finished(mux.send(media["plain.mp4"]))
    video, audio = asset["tracks"]
    path = f"/video/v1/assets/{asset['id']}/tracks"
    order = {"generated_subtitles": [{"language_code": "en", "name": "English"}]}
    assert mux.call("POST", f"{path}/{video['id']}/generate-subtitles", order)[0] == 400
    status, answer = mux.call("POST", f"{path}/{audio['id']}/generate-subtitles", order)
    assert status == 201
    assert answer["data"][0]["text_source"] == "generated_vod"
    eventually(lambda: mux.asset(asset["id"])["tracks"][-1]["status"] == "errored")


@pytest.mark.media
def test_static_renditions_and_the_master_file_can_be_downloaded(mux: LocalMux, media: Media) -> None:
    settings = {"playback_policies": ["public"], "static_renditions": [{"resolution": "highest"}]}
    asset = mux.finished(mux.send(media["plain.mp4"], settings))
    path, playback_id = f"/video/v1/assets/{asset['id']}", asset["playback_ids"][0]["id"]
    assert mux.call("POST", f"{path}/static-renditions", {"resolution": "audio-only"})[0] == 201
    assert mux.call("POST", f"{path}/static-renditions", {"resolution": "audio-only"})[0] == 400
    assert mux.call("PUT", f"{path}/master-access", {"master_access": "temporary"})[0] == 200

    eventually(lambda: mux.asset(asset["id"])["static_renditions"]["status"] == "ready")
    eventually(lambda: mux.asset(asset["id"])["master"]["status"] == "ready")
    video = mux.get(f"/{playback_id}/highest.mp4")
    assert (video.status, video.headers["Content-Type"]) == (200, "video/mp4")
    assert mux.get(f"/{playback_id}/audio.m4a").headers["Content-Type"] == "audio/mp4"
    assert mux.get(f"/{playback_id}/720p.mp4").status == 404
    assert mux.get(mux.asset(asset["id"])["master"]["url"]).status == 200
    assert mux.get(f"/master/{asset['id']}.mp4").status == 403
    [highest, _audio] = mux.asset(asset["id"])["static_renditions"]["files"]
    assert (highest["width"], highest["height"], highest["filesize"]) == (160, 90, str(len(video.data)))
    assert mux.call("DELETE", f"{path}/static-renditions/{highest['id']}") == (204, None)
    assert mux.get(f"/{playback_id}/highest.mp4").status == 404
