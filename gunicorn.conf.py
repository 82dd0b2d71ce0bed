"""gunicorn's settings for the portal; the environment may say otherwise.

The application is loaded once, before the workers are forked, and they share what it consists of: they start at once
and take less memory. So nothing that is opened while it is loaded may stay open (docs/decisions/0011).
"""

import ctypes
import os
import sys

from even_worker import EvenWorker

MOST = 1000  # processes or threads
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
MIB = 1024 * 1024


def _count(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value[:5]) <= MOST:
        sys.exit(f"portal: {name} is {value[:50]!r}: it is a whole number from 1 to {MOST}")
    return int(value)


bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = _count("WEB_WORKERS", 2)
worker_class = EvenWorker
threads = _count("WEB_THREADS", 16)  # calls to Mux wait here, so there are more than cores
timeout = 60  # seconds
graceful_timeout = 20  # seconds
keepalive = 15  # seconds
accesslog = None  # the portal logs what matters itself, without addresses that carry tokens
errorlog = "-"
control_socket_disable = True
preload_app = True


def post_fork(_arbiter: object, _worker: object) -> None:
    """Have large blocks, like the 19 MiB that hashing a password takes, go back to the system when they are freed.

    Left alone, glibc keeps blocks of a size that it has seen before, for each of up to eight arenas a core.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library, which has ways of its own
        return
    mallopt(M_MMAP_THRESHOLD, MIB)
    mallopt(M_TRIM_THRESHOLD, 4 * MIB)
    mallopt(M_ARENA_MAX, 2)


def child_exit(_arbiter: object, worker: EvenWorker) -> None:
    """Called in the first process, for whichever way a worker has ended."""
    worker.has_exited()
