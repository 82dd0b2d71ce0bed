"""The gateway, the verifier and the playback addresses against the local Mux: a whole life over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.mux.facts import Fact, ListedAsset, ListedUpload, Report
from portal.mux.gateway import MuxApi, MuxError, Trouble, UploadRequest
from portal.mux.playback import PlaybackUrls
from portal.mux.webhook import parse, verify
from tests.local_mux.media import Media
from tests.local_mux.running import ENVIRONMENT, TOKEN_ID, TOKEN_SECRET, WEBHOOK_SECRET, LocalMux, eventually
from tests.local_mux.webhook_receiver import WebhookReceiver
from tests.mux.conftest import settings_for

PASSTHROUGH = "0b7c8f0e-1111-4222-8333-444455556666"
REQUEST = UploadRequest(
    passthrough=PASSTHROUGH, title="Breathing 🫁", creator_id="7", cors_origin="https://portal.example"
)


@pytest.mark.media
def test_a_video_s_whole_life(local_mux: LocalMux, receiver: WebhookReceiver, media: Media) -> None:
    gateway = gateway_to(local_mux)
    upload = gateway.create_upload(REQUEST)
    assert (upload.status, upload.timeout_seconds) == ("waiting", 86400)
    assert gateway.get_upload(upload.id).status == "waiting"

    assert local_mux.put(str(upload.url), media["plain.mp4"].read_bytes()).status == 200
    arrived = gateway.get_upload(upload.id)
    assert arrived.status == "asset_created"
    assert arrived.asset_id is not None
    report = settled(gateway, arrived.asset_id)

    assert report.fact is Fact.ASSET_READY
    assert (report.asset_id, report.upload_id, report.passthrough) == (arrived.asset_id, upload.id, PASSTHROUGH)
    assert report.playback_id is not None
    assert report.is_signed
    assert report.duration_seconds is not None
    assert events_tell_the_same(receiver, upload.id, report)
    assert plays_with_its_token_alone(local_mux, report.playback_id)

    gateway.delete_asset(arrived.asset_id)
    gateway.delete_asset(arrived.asset_id)
    with pytest.raises(MuxError) as caught:
        gateway.get_asset(arrived.asset_id)
    assert caught.value.trouble is Trouble.NOT_FOUND


@pytest.mark.media
def test_a_file_that_is_no_video_ends_with_mux_s_reason(local_mux: LocalMux, media: Media) -> None:
    gateway = gateway_to(local_mux)
    upload = gateway.create_upload(REQUEST)
    local_mux.put(str(upload.url), media["noise.mp4"].read_bytes())
    asset_id = str(gateway.get_upload(upload.id).asset_id)

    report = settled(gateway, asset_id)

    assert report.fact is Fact.ASSET_ERRORED
    assert report.fault is not None
    assert report.fault.type == "invalid_input"
    assert "not a valid video" in report.fault.message


def test_wrong_credentials_are_told_as_such(local_mux: LocalMux) -> None:
    stranger = MuxApi(settings_for(local_mux.url, MUX_TOKEN_SECRET="wrong"))

    with pytest.raises(MuxError) as caught:
        stranger.create_upload(REQUEST)

    assert (caught.value.trouble, caught.value.message) == (Trouble.CREDENTIALS, "Unauthorized request")


def test_what_is_not_there_is_not_found(local_mux: LocalMux) -> None:
    gateway = gateway_to(local_mux)

    for ask in (gateway.get_upload, gateway.get_asset):
        with pytest.raises(MuxError) as caught:
            ask("nothing-of-that-name")
        assert caught.value.trouble is Trouble.NOT_FOUND


def test_what_the_environment_has_is_listed_page_by_page(
    local_mux: LocalMux, media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.mux.gateway.LIST_LIMIT", 2)
    gateway = gateway_to(local_mux)
    waiting = [gateway.create_upload(REQUEST) for _ in range(3)]
    made = {
        local_mux.send(media["noise.mp4"], {"playback_policies": ["public"], "passthrough": f"asset-{number}"})
        for number in range(3)
    }
    began = datetime.now(UTC)

    assets: list[ListedAsset] = []
    cursor = None
    while True:
        page = gateway.list_assets(cursor)
        assert len(page.items) <= 2
        assets += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    uploads: list[ListedUpload] = []
    while listed := gateway.list_uploads(len(uploads) // 2 + 1):
        uploads += listed

    ours = {asset.id: asset for asset in assets if asset.id in made}
    assert set(ours) == made
    assert {asset.passthrough for asset in ours.values()} == {"asset-0", "asset-1", "asset-2"}
    for asset in ours.values():
        assert asset.made_at is not None
        assert abs((asset.made_at - began).total_seconds()) < 60
        assert asset.upload_id in {upload.id for upload in uploads if upload.asset_id == asset.id}
    found = {upload.id: upload for upload in uploads}
    assert all(
        (found[upload.id].status, found[upload.id].passthrough) == ("waiting", PASSTHROUGH) for upload in waiting
    )


def test_the_probe_tells_the_time_and_whether_the_credentials_work(local_mux: LocalMux) -> None:
    told = gateway_to(local_mux).probe()
    assert told is not None
    assert abs((told - datetime.now(UTC)).total_seconds()) < 5

    with pytest.raises(MuxError) as caught:
        MuxApi(settings_for(local_mux.url, MUX_TOKEN_ID="wrong")).probe()
    assert caught.value.trouble is Trouble.CREDENTIALS


def test_a_failure_on_demand_is_worth_another_try(local_mux: LocalMux) -> None:
    gateway = gateway_to(local_mux)
    local_mux.call("PUT", "/_local/faults", {"api": {"failNext": 1, "status": 503}})

    with pytest.raises(MuxError) as caught:
        gateway.create_upload(REQUEST)
    assert (caught.value.trouble, caught.value.can_retry) == (Trouble.FAILED, True)

    assert gateway.create_upload(REQUEST).url


def gateway_to(local_mux: LocalMux) -> MuxApi:
    return MuxApi(settings_for(local_mux.url, **variables()))


def variables() -> dict[str, str]:
    signing = {name: ENVIRONMENT[name] for name in ("MUX_SIGNING_KEY", "MUX_PRIVATE_KEY")}
    return {"MUX_TOKEN_ID": TOKEN_ID, "MUX_TOKEN_SECRET": TOKEN_SECRET, **signing}


def settled(gateway: MuxApi, asset_id: str) -> Report:
    """What Mux says of an asset once it is no longer being prepared."""

    def look() -> Report | None:
        report = gateway.get_asset(asset_id)
        return None if report.fact is Fact.ASSET_CREATED else report

    report = eventually(look)
    assert report is not None
    return report


def events_tell_the_same(receiver: WebhookReceiver, upload_id: str, report: Report) -> bool:
    """Every event is signed as our verifier wants it, and the last one says what Mux answers when asked."""
    told = receiver.wait_for("video.asset.ready", upload_id)
    facts: list[Any] = []
    for each in receiver.about(upload_id):
        verify(each.body, each.signature, (WEBHOOK_SECRET,), datetime.fromtimestamp(each.at, UTC))
        facts.append(parse(each.body).report)
    assert {fact.fact for fact in facts if fact} >= {Fact.ASSET_CREATED, Fact.ASSET_READY}
    return parse(told.body).report == report


def plays_with_its_token_alone(local_mux: LocalMux, playback_id: str) -> bool:
    urls = PlaybackUrls(settings_for(local_mux.url, **variables()))
    playback = urls.playback(playback_id, is_signed=True, duration_seconds=10, at=datetime.now(UTC))
    still = urls.thumbnail_url(playback_id, is_signed=True, at=datetime.now(UTC))
    for address in (playback.url, playback.poster_url, playback.storyboard_url, still):
        assert local_mux.get(address).status == 200, address
        assert local_mux.get(address.partition("?")[0]).status == 403, address
    return True


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    receiver = WebhookReceiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def local_mux(tmp_path_factory: pytest.TempPathFactory, receiver: WebhookReceiver) -> Iterator[LocalMux]:
    server = LocalMux(tmp_path_factory.mktemp("local-mux"), receiver.url).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    return Media(tmp_path_factory.mktemp("media"))
