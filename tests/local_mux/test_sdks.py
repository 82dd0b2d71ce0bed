"""Mux's own SDKs for Python and Node, unchanged, against the local Mux."""

import json
import subprocess
from pathlib import Path
from typing import Any

import mux_python
import pytest

from tests.local_mux.media import Media
from tests.local_mux.running import CODE, TOKEN_ID, TOKEN_SECRET, WEBHOOK_SECRET, LocalMux
from tests.local_mux.webhook_receiver import WebhookReceiver

NODE_SCRIPT = Path(__file__).with_name("mux_node.mjs")


@pytest.fixture
def client(mux: LocalMux) -> Any:
    return mux_python.ApiClient(mux_python.Configuration(host=mux.url, username=TOKEN_ID, password=TOKEN_SECRET))


@pytest.mark.media
def test_mux_python_takes_every_answer(mux: LocalMux, media: Media, client: Any) -> None:
    uploads, assets = mux_python.DirectUploadsApi(client), mux_python.AssetsApi(client)
    settings = mux_python.CreateAssetRequest(playback_policies=["public"], passthrough="lesson:7")
    request = mux_python.CreateUploadRequest(new_asset_settings=settings, cors_origin="*", timeout=60)

    upload = uploads.create_direct_upload(request).data
    assert upload.status == "waiting"
    mux.put(upload.url, media["plain.mp4"].read_bytes())
    asset_id = uploads.get_direct_upload(upload.id).data.asset_id
    mux.finished(asset_id)
    assert upload.id in {each.id for each in uploads.list_direct_uploads(limit=100, page=1).data}
    cancelled = uploads.create_direct_upload(request).data
    assert uploads.cancel_direct_upload(cancelled.id).data.status == "cancelled"

    asset = assets.get_asset(asset_id).data
    assert (asset.status, asset.passthrough, asset.created_at.isdigit()) == ("ready", "lesson:7", True)
    assert [each.id for each in assets.list_assets(upload_id=upload.id).data] == [asset_id]
    changed = mux_python.UpdateAssetRequest(meta=mux_python.AssetMetadata(title="Seven"))
    assert assets.update_asset(asset_id, changed).data.meta.title == "Seven"
    added = assets.create_asset_playback_id(asset_id, mux_python.CreatePlaybackIDRequest(policy="signed")).data
    assert assets.get_asset_playback_id(asset_id, added.id).data.policy == "signed"
    assert mux_python.PlaybackIDApi(client).get_asset_or_livestream_id(added.id).data.object.id == asset_id
    assert assets.delete_asset_playback_id(asset_id, added.id) is None
    assert assets.get_asset_input_info(asset_id).data[0].file.tracks[0].type == "video"
    rendition = mux_python.CreateStaticRenditionRequest(resolution="highest")
    assert assets.create_asset_static_rendition(asset_id, rendition).data.status == "preparing"
    access = mux_python.UpdateAssetMasterAccessRequest(master_access="temporary")
    assert assets.update_asset_master_access(asset_id, access).data.master.status in {"preparing", "ready"}
    assert assets.delete_asset(asset_id) is None
    with pytest.raises(mux_python.exceptions.NotFoundException):
        assets.get_asset(asset_id)


@pytest.mark.parametrize("api", ["SigningKeysApi", "URLSigningKeysApi"])
def test_mux_python_manages_signing_keys(client: Any, api: str) -> None:
    keys = getattr(mux_python, api)(client)
    create = keys.create_signing_key if api == "SigningKeysApi" else keys.create_url_signing_key
    assert create().data.private_key


def test_mux_python_knows_the_refusals(mux: LocalMux) -> None:
    stranger = mux_python.ApiClient(mux_python.Configuration(host=mux.url, username="who", password="what"))
    with pytest.raises(mux_python.exceptions.UnauthorizedException):
        mux_python.AssetsApi(stranger).list_assets()


def test_mux_node_takes_the_answers_and_unwraps_a_delivered_webhook(
    mux: LocalMux, ready: dict[str, Any], receiver: WebhookReceiver
) -> None:
    webhook = receiver.wait_for("video.asset.ready", ready["id"])
    order = {
        "baseUrl": mux.url,
        "tokenId": TOKEN_ID,
        "tokenSecret": TOKEN_SECRET,
        "webhookSecret": WEBHOOK_SECRET,
        "assetId": ready["id"],
        "body": webhook.body.decode(),
        "signature": webhook.signature,
    }
    result = subprocess.run(
        ["node", str(NODE_SCRIPT)],  # noqa: S607 - whichever node the machine has
        cwd=CODE,
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told == {
        "uploadStatus": "waiting",
        "cancelledStatus": "cancelled",
        "assetStatus": "ready",
        "listed": True,
        "eventType": "video.asset.ready",
        "forgeryRefused": True,
        "streamStatus": 200,
    }
