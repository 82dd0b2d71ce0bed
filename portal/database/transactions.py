"""Which transactions may write: those of requests whose method promises to read only do not, unless they say so."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import g, has_request_context, request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@contextmanager
def expecting_writes() -> Iterator[None]:
    """Let transactions that begin in here write, though the request's method promises to read only.

    The one that is open must have ended before: it can't take SQLite's write lock any more.
    """
    g.expects_writes = True
    try:
        yield
    finally:
        g.expects_writes = False


def only_reads() -> bool:
    """Whether the transaction that begins now will not write."""
    return has_request_context() and request.method in SAFE_METHODS and not g.get("expects_writes")
