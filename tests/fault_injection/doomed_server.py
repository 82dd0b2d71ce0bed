"""The portal in a process of its own that dies at a chosen point: PATH and POINT are its arguments, after the port.

The first request to the path starts the count of points; a client sees its connection break, as with a kill.
"""

import os
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from werkzeug.serving import make_server

from portal import create_app
from portal.extensions import db
from tests.clock import StoppedClock
from tests.fault_injection.tripwire import Tripwire, WatchedMux, watch_commits
from tests.mux_double import MuxDouble

DEAD = 70


def die() -> NoReturn:
    os._exit(DEAD)


def main(port: str, path: str, point: str) -> None:
    wire = Tripwire(die)
    app = create_app(mux=WatchedMux(MuxDouble(), wire), clock=StoppedClock())
    with app.app_context():
        engine = db.engine
    watch_commits(engine, wire)

    def armed(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == path:
            wire.begin(stops_at=point)
        return app.wsgi_app(environ, start_response)

    make_server("127.0.0.1", int(port), armed, threaded=True).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
