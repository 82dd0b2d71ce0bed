"""The page for people, and the guard around everything under /_local."""

from typing import Any

import pytest

from tests.local_mux.media import Media
from tests.local_mux.running import LocalMux


@pytest.mark.media
def test_the_page_shows_uploads_assets_and_webhooks(mux: LocalMux, media: Media) -> None:
    errored = mux.finished(mux.send(media["noise.mp4"]))
    ready = mux.finished(mux.send(media["plain.mp4"], {"meta": {"title": "Lesson 1"}}))
    page = mux.get("/")
    assert page.status == 200
    text = page.data.decode()
    for expected in ("Local Mux", "Lesson 1", ready["id"], errored["id"], "video.asset.ready", "Send again"):
        assert expected in text
    assert "The input file was not a valid video or audio file." in text
    assert "<script>" not in text
    assert "style=" not in text


def test_the_page_shows_how_much_of_an_upload_is_here(mux: LocalMux) -> None:
    upload = mux.create_upload({"meta": {"title": "<Half> a file"}})
    mux.put(upload["url"], bytes(1500), {"Content-Range": "bytes 0-1499/3000"})
    state = mux.get("/_local/state").data.decode()
    assert "&lt;Half&gt; a file" in state
    assert " ".join(state.split()).count("1.5 kB of 3.0 kB") == 1


def test_the_page_shows_a_picture_without_a_token(mux: LocalMux, ready: dict[str, Any]) -> None:
    assert mux.get(f"/_local/assets/{ready['id']}/thumbnail.jpg").headers["Content-Type"] == "image/jpeg"
    assert mux.get("/_local/assets/none/thumbnail.jpg").status == 404


def test_the_page_names_the_faults_that_are_on(mux: LocalMux) -> None:
    mux.call("PUT", "/_local/faults", {"api": {"failNext": 0, "latencySeconds": 0.001}, "webhooks": {}})
    assert "API calls take 0.001 s longer" in mux.get("/").data.decode()
    mux.call("DELETE", "/_local/faults")
    assert "Misbehaving on purpose" not in mux.get("/").data.decode()


def test_a_person_who_sends_again_is_led_back_to_the_page(mux: LocalMux, ready: dict[str, Any]) -> None:
    [delivery] = mux.call("GET", f"/_local/deliveries?object_id={ready['id']}&event_type=video.asset.ready")[1]["data"]
    answer = mux.http.request(
        "POST",
        f"{mux.url}/_local/deliveries/{delivery['id']}/redeliver",
        headers={"Accept": "text/html,*/*;q=0.8", "Origin": mux.url, "Sec-Fetch-Site": "same-origin"},
        redirect=False,
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_another_site_s_page_cannot_use_the_developer_s_browser(
    mux: LocalMux, method: str, headers: dict[str, str]
) -> None:
    answer = mux.http.request(method, f"{mux.url}/_local/faults", body=b"{}", headers=headers)
    assert answer.status == 403
