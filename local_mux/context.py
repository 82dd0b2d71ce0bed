"""What the parts of one running local Mux share."""

from dataclasses import dataclass

from flask import current_app

from local_mux.database import Database
from local_mux.ffmpeg import Ffmpeg
from local_mux.settings import Settings
from local_mux.storage import Storage

_EXTENSION = "local_mux"


@dataclass(frozen=True)
class Context:
    settings: Settings
    database: Database
    storage: Storage
    ffmpeg: Ffmpeg

    @classmethod
    def current(cls) -> "Context":
        """Return the context of the app that is answering."""
        context: Context = current_app.extensions[_EXTENSION]
        return context

    @classmethod
    def open(cls, settings: Settings) -> "Context":
        """Open the data folder, making it on the first start."""
        storage = Storage(settings.data)
        return cls(
            settings=settings, database=Database(settings.data / "state.sqlite3"), storage=storage, ffmpeg=Ffmpeg()
        )
