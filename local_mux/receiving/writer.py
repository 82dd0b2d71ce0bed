"""Putting received bytes on disk: strictly growing, tolerant of repeats, in constant memory."""

import os
import threading
from collections import defaultdict
from pathlib import Path
from typing import Protocol

BLOCK_BYTES = 1024 * 1024


class ReceivingError(Exception):
    """The bytes offered cannot be taken; the message is for the sender."""

    status = 400


class GapError(ReceivingError):
    """Bytes in between are missing."""


class DifferentBytesError(ReceivingError):
    """Bytes sent again differ from what had arrived before: this is another file."""

    status = 409


class SupersededError(ReceivingError):
    """A newer request for the same upload has taken over."""

    status = 409


class BrokenOffError(ReceivingError):
    """The connection ended before the bytes it had announced."""

    def __init__(self) -> None:
        super().__init__("The connection broke off.")


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Writer:
    """Takes bytes for uploads, one request at a time each: the newest request wins.

    A sender that lost its connection comes back while the server may still be waiting on the dead one,
    so the old request is cut off rather than the new one kept waiting.
    """

    def __init__(self) -> None:
        self._locks: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
        self._turns: defaultdict[Path, int] = defaultdict(int)

    def start_over(self, path: Path) -> None:
        """Forget what has arrived."""
        with self._locks[path]:
            self._turns[path] += 1
            path.unlink(missing_ok=True)

    def forget(self, path: Path) -> None:
        """Drop the bookkeeping of a file that will grow no more."""
        self._locks.pop(path, None)
        self._turns.pop(path, None)

    def take(self, stream: Readable, path: Path, *, first: int, expected_bytes: int | None) -> int:
        """Read the stream to its end, or to `expected_bytes`, and append what is new.

        :return: how many bytes the stream held; fewer than expected if the connection broke.
        :raises ReceivingError: and keeps what had arrived before.
        """
        turn = self._begin(path, first)
        position = first
        left = expected_bytes
        while left is None or left > 0:
            block = stream.read(BLOCK_BYTES if left is None else min(BLOCK_BYTES, left))
            if not block:
                break
            self._put(path, turn, block, position)
            position += len(block)
            if left is not None:
                left -= len(block)
        return position - first

    def _begin(self, path: Path, first: int) -> int:
        with self._locks[path]:
            self._turns[path] += 1
            received = path.stat().st_size if path.exists() else 0
            if first > received:
                raise GapError(f"{received} bytes have arrived: the next chunk must start there or before.")
            return self._turns[path]

    def _put(self, path: Path, turn: int, block: bytes, position: int) -> None:
        with self._locks[path]:
            if self._turns[path] != turn:
                raise SupersededError("A newer request for this upload has taken over.")
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                known = min(len(block), max(0, os.fstat(handle).st_size - position))
                if os.pread(handle, known, position) != block[:known]:
                    raise DifferentBytesError("These bytes differ from those that arrived before.")
                _write(handle, memoryview(block)[known:], position + known)
            finally:
                os.close(handle)


def _write(handle: int, data: memoryview, position: int) -> None:
    while data:
        written = os.pwrite(handle, data, position)
        data, position = data[written:], position + written
