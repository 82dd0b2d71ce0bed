"""What the parts of one running local Mux share."""

import secrets
from dataclasses import dataclass

from flask import current_app

from local_mux.database import Database
from local_mux.ffmpeg import Ffmpeg
from local_mux.models.setting import Setting
from local_mux.settings import Settings
from local_mux.storage import Storage

_EXTENSION = "local_mux"


@dataclass(frozen=True)
class Context:
    settings: Settings
    database: Database
    storage: Storage
    ffmpeg: Ffmpeg
    child_url_key: bytes
    """Signs the URLs inside playlists; never leaves this server."""

    @classmethod
    def current(cls) -> "Context":
        """Return the context of the app that is answering."""
        context: Context = current_app.extensions[_EXTENSION]
        return context

    @classmethod
    def open(cls, settings: Settings) -> "Context":
        """Open the data folder, making it on the first start."""
        storage = Storage(settings.data)
        database = Database(settings.data / "state.sqlite3")
        return cls(
            settings=settings,
            database=database,
            storage=storage,
            ffmpeg=Ffmpeg(),
            child_url_key=_kept_key(database, "child_url_key"),
        )


def _kept_key(database: Database, name: str) -> bytes:
    """Return a secret of this data folder, made at the first start."""
    with database.writing() as session:
        setting = session.get(Setting, name)
        if setting is None:
            setting = Setting(name=name, value={"hex": secrets.token_hex(32)})
            session.add(setting)
        return bytes.fromhex(setting.value["hex"])
