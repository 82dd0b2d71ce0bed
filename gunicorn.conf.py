"""gunicorn's settings for the portal; the environment may say otherwise."""

import os
import sys

MOST = 1000  # processes or threads


def _count(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value[:5]) <= MOST:
        sys.exit(f"portal: {name} is {value[:50]!r}: it is a whole number from 1 to {MOST}")
    return int(value)


bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = _count("WEB_WORKERS", 2)
worker_class = "gthread"
threads = _count("WEB_THREADS", 16)  # calls to Mux wait here, so there are more than cores
timeout = 60  # seconds
graceful_timeout = 20  # seconds
keepalive = 15  # seconds
accesslog = None  # the portal logs what matters itself, without addresses that carry tokens
errorlog = "-"
control_socket_disable = True
