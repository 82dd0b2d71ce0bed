"""Where files lie inside the data folder. Finished things appear by rename, so that half of one is never seen."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Storage:
    """uploads/<upload id>, assets/<asset id>/…, and work/, which is emptied at every start."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._uploads = data / "uploads"
        self._assets = data / "assets"
        self._work = data / "work"
        for folder in (self._uploads, self._assets):
            folder.mkdir(parents=True, exist_ok=True)

    def clear_work(self) -> None:
        """Forget what an earlier process left half made."""
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True, exist_ok=True)

    def upload(self, upload_id: str) -> Path:
        """Return where the bytes of an upload are collected, and read from until it is encoded."""
        return self._uploads / upload_id

    def received_bytes(self, upload_id: str) -> int:
        """Return how much of an upload has arrived. The file only ever grows, so its size is the truth."""
        try:
            return self.upload(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def discard_upload(self, upload_id: str) -> None:
        """Delete the bytes of an upload, if there are any."""
        self.upload(upload_id).unlink(missing_ok=True)

    def asset(self, asset_id: str) -> Path:
        """Return the folder of everything made of an asset."""
        return self._assets / asset_id

    def stream(self, asset_id: str) -> Path:
        """Return the folder of the HLS playlist and its segments."""
        return self.asset(asset_id) / "stream"

    def download(self, asset_id: str) -> Path:
        """Return where the input of an asset made from a URL is kept until it is encoded."""
        return self._uploads / f"{asset_id}.download"

    def derived(self, asset_id: str, name: str) -> Path:
        """Return where a thumbnail, storyboard, subtitle file or static rendition is kept."""
        return self.asset(asset_id) / "derived" / name

    def discard_asset(self, asset_id: str) -> None:
        """Delete everything made of an asset."""
        shutil.rmtree(self.asset(asset_id), ignore_errors=True)
        self.download(asset_id).unlink(missing_ok=True)

    @contextmanager
    def making(self, target: Path) -> Iterator[Path]:
        """Hand out a fresh folder to work in; what is put into it under `target`'s name moves there at the end."""
        workspace = self._work / uuid.uuid4().hex
        workspace.mkdir(parents=True)
        try:
            yield workspace
            made = workspace / target.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if made.is_dir() and target.exists():
                shutil.rmtree(target)
            made.replace(target)
        finally:
            shutil.rmtree(workspace, ignore_errors=True)
