"""Serving: gunicorn inside this process, and the background work inside its one worker."""

import ctypes
import fcntl
import logging
import os
import signal
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from local_mux.app import create_app
from local_mux.context import Context
from local_mux.encoding.encoder import Encoder
from local_mux.encoding.finishing import Finisher
from local_mux.playback.segments import Segments
from local_mux.settings import Settings, SettingsError
from local_mux.webhooks.courier import Courier

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 32
GRACE_SECONDS = 1
_PR_SET_PDEATHSIG = 1


class HttpServer(BaseApplication):
    """gunicorn with one worker; what it serves is what `load` returns, called in the worker."""

    def __init__(self, host: str, port: int) -> None:
        self._bind = f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": self._bind,
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            # An upload may take hours; a worker that is only busy is not to be killed for it.
            "timeout": 0,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": 15,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_fork": _die_with_parent,
            "worker_exit": self.stop_background,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def stop_background(self, _arbiter: Any, _worker: Any) -> None:
        """End what `load` has started."""


class Server(HttpServer):
    """One worker, so that one process owns the database, the encoder and the webhooks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._background: tuple[Encoder | Finisher | Courier, ...] = ()
        self._context: Context | None = None
        super().__init__(settings.host, settings.port)

    def load(self) -> "WSGIApplication":
        """Open the data and start the background work."""
        context = self._context = Context.open(self._settings)
        context.storage.clear_work()
        self._background = (Encoder(context), Finisher(context), Courier(context))
        for part in self._background:
            part.start()
        return Segments(create_app(context), context)

    def stop_background(self, _arbiter: Any, _worker: Any) -> None:
        for part in self._background:
            part.stop()
        if self._context:
            self._context.ffmpeg.stop()


def serve(settings: Settings) -> None:
    """Serve until told to stop.

    :raises SettingsError: if another local Mux works in the data folder.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    with _lock(settings.data / "lock"):
        logging.basicConfig(level=logging.INFO, format="%(asctime)s local-mux %(message)s", datefmt="%H:%M:%S")
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        logging.getLogger(__name__).info("listening on %s, data in %s", settings.public_url, settings.data)
        Server(settings).run()


def _lock(path: Path) -> IO[str]:
    """Claim the data folder until this process and its worker are gone."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise SettingsError(f"{path.parent} is in use by another local Mux: stop it or name another --data") from error
    return file


def _die_with_parent(arbiter: Any, _worker: Any) -> None:
    """Let Linux end the worker when its parent is killed outright; elsewhere gunicorn notices in a second."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != arbiter.pid:
        os.kill(os.getpid(), signal.SIGKILL)
