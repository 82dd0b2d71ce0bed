"""The ceiling of watching: the local Mux's own gunicorn, which here knows nothing but files in a folder."""

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from local_mux.server import HttpServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BLOCK_BYTES = 64 * 1024


class PlainServer(HttpServer):
    """Sends the files of one folder by their names, without a framework, a check or a look into a database."""

    def __init__(self, port: int, folder: Path) -> None:
        self._folder = os.fspath(folder)
        super().__init__("127.0.0.1", port)

    def load(self) -> "WSGIApplication":
        """Give gunicorn the one thing it serves."""
        return self._send

    def _send(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        file = open(self._folder + environ["PATH_INFO"], "rb")  # noqa: SIM115, PTH123 - gunicorn closes it
        size_bytes = os.fstat(file.fileno()).st_size
        start_response("200 OK", [("Content-Type", "video/mp4"), ("Content-Length", str(size_bytes))])
        return environ["wsgi.file_wrapper"](file, BLOCK_BYTES)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    PlainServer(given.port, given.folder).run()


if __name__ == "__main__":
    main()
