"""Closing an upload at Mux: what each of its answers comes to. Mux refuses with 403 and no body what waits no more."""

from collections.abc import Iterator

import pytest

from portal.mux.gateway import MuxApi, MuxError, Trouble, UploadRequest
from tests.local_mux.media import Media
from tests.local_mux.running import ENVIRONMENT, TOKEN_ID, TOKEN_SECRET, LocalMux, eventually
from tests.mux.conftest import settings_for
from tests.mux.scripted import ScriptedMux

REQUEST = UploadRequest(passthrough="p-1", title="T", creator_id="7", cors_origin="https://portal.example")
CANCELLED = {"data": {"id": "up01", "status": "cancelled", "timeout": 3600}}
REFUSAL = {"error": {"type": "unauthorized", "messages": ["Forbidden"]}}


@pytest.mark.parametrize("answer", [(200, CANCELLED), (404, {"error": {"type": "not_found", "messages": ["Gone."]}})])
def test_an_upload_that_is_closed_or_gone_is_what_was_wanted(
    gateway: MuxApi, mux_server: ScriptedMux, answer: tuple[int, object]
) -> None:
    mux_server.script.says(*answer)

    gateway.cancel_upload("up01")

    (asked,) = mux_server.asked
    assert (asked.method, asked.path) == ("PUT", "/video/v1/uploads/up01/cancel")


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ((403, b""), Trouble.REFUSED),
        ((403, REFUSAL), Trouble.CREDENTIALS),
        ((401, REFUSAL), Trouble.CREDENTIALS),
        ((429, REFUSAL), Trouble.RATE_LIMITED),
        ((500, b""), Trouble.FAILED),
    ],
)
def test_a_refusal_is_told_from_wrong_credentials(
    gateway: MuxApi, mux_server: ScriptedMux, answer: tuple[int, object], trouble: Trouble
) -> None:
    mux_server.script.says(*answer)

    with pytest.raises(MuxError) as caught:
        gateway.cancel_upload("up01")

    assert caught.value.trouble is trouble


def test_the_local_mux_closes_an_upload_and_refuses_one_whose_file_has_come(local_mux: LocalMux, media: Media) -> None:
    gateway = MuxApi(settings_for(local_mux.url, **CREDENTIALS))
    waiting, sent = gateway.create_upload(REQUEST), gateway.create_upload(REQUEST)
    assert local_mux.put(str(sent.url), media["noise.mp4"].read_bytes()).status == 200

    gateway.cancel_upload(waiting.id)

    assert gateway.get_upload(waiting.id).status == "cancelled"
    assert local_mux.put(str(waiting.url), b"too late").status >= 400
    with pytest.raises(MuxError) as caught:
        gateway.cancel_upload(sent.id)
    assert caught.value.trouble is Trouble.REFUSED


def test_the_local_mux_refuses_to_delete_an_asset_that_it_still_works_on(local_mux: LocalMux, media: Media) -> None:
    gateway = MuxApi(settings_for(local_mux.url, **CREDENTIALS))
    upload = gateway.create_upload(REQUEST)
    local_mux.put(str(upload.url), media["plain.mp4"].read_bytes())
    asset_id = str(gateway.get_upload(upload.id).asset_id)

    def is_deleted() -> bool:
        """Refused while it prepares, as Mux does; then it goes."""
        try:
            gateway.delete_asset(asset_id)
        except MuxError as error:
            if error.trouble is not Trouble.REFUSED:
                raise
            return False
        return True

    eventually(is_deleted)
    with pytest.raises(MuxError) as caught:
        gateway.get_asset(asset_id)
    assert caught.value.trouble is Trouble.NOT_FOUND


CREDENTIALS = {
    "MUX_TOKEN_ID": TOKEN_ID,
    "MUX_TOKEN_SECRET": TOKEN_SECRET,
    "MUX_SIGNING_KEY": ENVIRONMENT["MUX_SIGNING_KEY"],
    "MUX_PRIVATE_KEY": ENVIRONMENT["MUX_PRIVATE_KEY"],
}


@pytest.fixture(scope="module")
def local_mux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalMux]:
    nobody = "http://127.0.0.1:9/webhooks/mux"  # the discard port: what is posted there is of no interest here
    server = LocalMux(tmp_path_factory.mktemp("local-mux"), nobody).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    return Media(tmp_path_factory.mktemp("media"))
