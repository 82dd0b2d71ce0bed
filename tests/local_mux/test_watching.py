"""What viewers fetch over and over: sent without a look into the database, and yet never longer than it may be."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.test import Client, TestResponse

from local_mux.app import create_app
from local_mux.assets import create_asset, delete_asset
from local_mux.context import Context
from local_mux.models.asset import READY, Asset
from local_mux.playback.child_urls import signature_of
from local_mux.playback.segments import Segments
from local_mux.settings import Settings
from tests.local_mux.keys import token
from tests.local_mux.running import ENVIRONMENT

SEGMENT = b"moof and mdat"
PLAYLIST = "#EXTM3U\n#EXTINF:4.0,\n00000.m4s\n#EXT-X-ENDLIST\n"
VARIANT = (
    '{"duration_seconds": 4, "bandwidth": 1, "average_bandwidth": 1, "codecs": [], '
    '"width": null, "height": null, "frame_rate": null}'
)


@dataclass
class Cinema:
    """One signed video in a data folder, and a browser on the applications that show it."""

    context: Context
    app: Flask
    browser: Client
    statements: list[str]
    asset_id: str
    playback_id: str

    def segment(self, headers: dict[str, str] | None = None, *, expires: int | None = None) -> TestResponse:
        until = expires or int(time.time()) + 60
        signature = signature_of(self.context.child_url_key, self.playback_id, "v", until)
        path = f"/{self.playback_id}/00000.m4s?expires={until}&signature={signature}"
        return self.browser.get(path, headers=headers, buffered=True)

    def master(self, signed: str) -> TestResponse:
        return self.browser.get(f"/{self.playback_id}.m3u8?token={signed}")


def test_segments_are_sent_before_flask_is_asked(cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cinema.app, "wsgi_app", _must_not_be_asked)
    assert cinema.segment().data == SEGMENT


def test_a_segment_is_the_same_whichever_way_it_is_sent(cinema: Cinema) -> None:
    quick, usual = cinema.segment(), cinema.segment({"If-None-Match": '"another"'})
    assert (quick.status_code, quick.data) == (usual.status_code, usual.data) == (200, SEGMENT)
    only_usual = {"etag", "content-disposition", "date"}
    lowered = {name.lower(): value for name, value in usual.headers.items()}
    assert {name.lower(): value for name, value in quick.headers.items()} == {
        name: value for name, value in lowered.items() if name not in only_usual
    }


def test_parts_and_revalidations_of_a_segment_are_answered_as_such(cinema: Cinema) -> None:
    part = cinema.segment({"Range": "bytes=5-7"})
    assert (part.status_code, part.data) == (206, b"and")
    unchanged = cinema.segment({"If-Modified-Since": cinema.segment().headers["Last-Modified"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")


def test_nothing_is_asked_of_the_database_that_was_known_before(cinema: Cinema) -> None:
    signed = token(cinema.playback_id, "v")
    cinema.master(signed)
    cinema.segment()
    cinema.statements.clear()

    assert (cinema.master(signed).status_code, cinema.segment().status_code) == (200, 200)
    assert cinema.statements == []


@pytest.mark.parametrize("what", ["playback id", "asset"])
def test_what_is_deleted_stops_playing_at_once(cinema: Cinema, what: str) -> None:
    signed = token(cinema.playback_id, "v")
    assert (cinema.master(signed).status_code, cinema.segment().status_code) == (200, 200)
    with cinema.context.database.writing() as session:
        asset = session.get_one(Asset, cinema.asset_id)
        if what == "asset":
            delete_asset(session, asset)
        else:
            asset.playback_ids.clear()

    assert (cinema.master(signed).status_code, cinema.segment().status_code) == (404, 404)


def test_a_segment_s_signature_ends_with_its_time(cinema: Cinema) -> None:
    assert cinema.segment(expires=int(time.time()) - 1).status_code == 403


def test_a_token_that_was_good_ends_with_its_time(cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> None:
    expires = int(time.time()) + 60
    signed = token(cinema.playback_id, "v", exp=expires)
    assert cinema.master(signed).status_code == 200
    monkeypatch.setattr("local_mux.playback.tokens.time.time", lambda: float(expires))
    assert cinema.master(signed).status_code == 403


def test_what_is_remembered_does_not_pile_up(cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_mux.database.MOST_REMEMBERED", 10)
    for number in range(50):
        assert cinema.browser.get(f"/unknown{number}.m3u8").status_code == 404
    assert len(cinema.context.database._memory.found) <= 10


def _must_not_be_asked(*_: object) -> None:
    raise AssertionError("Flask was asked")


@pytest.fixture
def cinema(tmp_path: Path) -> Iterator[Cinema]:
    arguments = ["--data", str(tmp_path), "--webhook-url", "http://127.0.0.1:9/"]
    context = Context.open(Settings.read(arguments, ENVIRONMENT))
    with context.database.writing() as session:
        asset = create_asset(session, {"playback_policies": ["signed"]}, ingest_type="on_demand_direct_upload")
        asset.status, asset.duration = READY, 4.0
        asset_id, playback_id = asset.id, asset.playback_ids[0].id
    stream = context.storage.stream(asset_id)
    stream.mkdir(parents=True)
    (stream / "00000.m4s").write_bytes(SEGMENT)
    (stream / "rendition.m3u8").write_text(PLAYLIST)
    (stream / "variant.json").write_text(VARIANT)
    app = create_app(context)
    with _statements(context.database._engine) as statements:
        yield Cinema(context, app, Client(Segments(app, context)), statements, asset_id, playback_id)


@contextmanager
def _statements(engine: Engine) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    engine.dispose()
