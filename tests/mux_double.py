"""A small Mux in memory, for tests of our own rules. What crosses HTTP is tested against the local Mux."""

from dataclasses import replace
from datetime import datetime

from flask import has_app_context

from portal.extensions import db
from portal.mux.facts import AssetPage, DirectUpload, ListedAsset, ListedUpload, Report
from portal.mux.gateway import MuxError, Trouble, UploadRequest


class MuxDouble:
    """Remembers what it was asked, answers as told, and refuses to be called inside a transaction."""

    def __init__(self) -> None:
        self.requests: list[UploadRequest] = []
        self.uploads: dict[str, DirectUpload] = {}
        self.assets: dict[str, Report] = {}
        self.deleted_assets: list[str] = []
        self.cancelled_uploads: list[str] = []
        self.made_playback_ids: list[str] = []  # the assets that they were made for
        self.deleted_playback_ids: list[tuple[str, str]] = []
        self.failure: MuxError | None = None
        self.listed_assets: list[ListedAsset] = []
        self.listed_uploads: list[ListedUpload] = []
        self.page_size = 100
        self.time: datetime | None = None

    def create_upload(self, request: UploadRequest) -> DirectUpload:
        self._called()
        self.requests.append(request)
        upload_id = f"upload-{len(self.requests)}"
        upload = DirectUpload(
            id=upload_id, status="waiting", url=f"https://mux.test/{upload_id}", timeout_seconds=86400
        )
        self.uploads[upload_id] = upload
        return upload

    def get_upload(self, upload_id: str) -> DirectUpload:
        self._called()
        if upload_id not in self.uploads:
            raise MuxError(Trouble.NOT_FOUND, "There is no such upload.")
        return self.uploads[upload_id]

    def get_asset(self, asset_id: str) -> Report:
        self._called()
        if asset_id not in self.assets:
            raise MuxError(Trouble.NOT_FOUND, "There is no such asset.")
        return self.assets[asset_id]

    def cancel_upload(self, upload_id: str) -> None:
        self._called()
        if self.get_upload(upload_id).status != "waiting":
            raise MuxError(Trouble.REFUSED, "the upload is not waiting any more")
        self.uploads[upload_id] = DirectUpload(id=upload_id, status="cancelled")
        self.cancelled_uploads.append(upload_id)

    def delete_asset(self, asset_id: str) -> None:
        self._called()
        self.deleted_assets.append(asset_id)
        self.assets.pop(asset_id, None)

    def create_playback_id(self, asset_id: str) -> str:
        self._called()
        if asset_id not in self.assets:
            raise MuxError(Trouble.NOT_FOUND, "There is no such asset.")
        self.made_playback_ids.append(asset_id)
        playback_id = f"signed-{len(self.made_playback_ids)}"
        self.assets[asset_id] = replace(self.assets[asset_id], playback_id=playback_id, is_signed=True)
        return playback_id

    def delete_playback_id(self, asset_id: str, playback_id: str) -> None:
        self._called()
        self.deleted_playback_ids.append((asset_id, playback_id))

    def list_assets(self, cursor: str | None) -> AssetPage:
        self._called()
        begin = int(cursor or 0)
        end = begin + self.page_size
        more = str(end) if end < len(self.listed_assets) else None
        return AssetPage(items=tuple(self.listed_assets[begin:end]), next_cursor=more)

    def list_uploads(self, page: int) -> tuple[ListedUpload, ...]:
        self._called()
        return tuple(self.listed_uploads[(page - 1) * self.page_size : page * self.page_size])

    def probe(self) -> datetime | None:
        self._called()
        return self.time

    def create_signing_key(self) -> tuple[str, str]:
        self._called()
        return "key-1", "cGVt"

    def _called(self) -> None:
        assert not (has_app_context() and db.session.registry.has() and db.session().in_transaction()), (
            "a transaction is open while Mux is being called"
        )
        if self.failure is not None:
            raise self.failure
