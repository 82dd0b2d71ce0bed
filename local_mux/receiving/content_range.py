"""The Content-Range header of an upload's chunk."""

import re
from dataclasses import dataclass

_CHUNK = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_QUESTION = re.compile(r"bytes \*/(\d{1,18}|\*)", re.ASCII)


class ContentRangeError(ValueError):
    """The header is not one this server understands."""


@dataclass(frozen=True)
class ContentRange:
    """Bytes `first` to `last` (inclusive) of a file of `total` bytes.

    Without first and last it carries no bytes and asks how much has arrived; `total` is None where the
    sender does not know it yet.
    """

    first: int | None
    last: int | None
    total: int | None

    @classmethod
    def parse(cls, header: str) -> "ContentRange":
        """Read `bytes 0-99/1000`, `bytes 0-99/*` or the question `bytes */1000`.

        :raises ContentRangeError: if it is none of these or contradicts itself.
        """
        if question := _QUESTION.fullmatch(header):
            return cls(first=None, last=None, total=_number(question[1]))
        chunk = _CHUNK.fullmatch(header)
        if chunk is None:
            raise ContentRangeError(f"Content-Range is not understood: {header[:80]!r}")
        first, last, total = int(chunk[1]), int(chunk[2]), _number(chunk[3])
        if last < first or (total is not None and last >= total):
            raise ContentRangeError(f"Content-Range contradicts itself: {header[:80]!r}")
        return cls(first=first, last=last, total=total)

    @property
    def carries_bytes(self) -> bool:
        return self.first is not None


def _number(text: str) -> int | None:
    return None if text == "*" else int(text)
