"""Fetching an input or a subtitle file from a URL."""

from pathlib import Path

import urllib3

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0
BLOCK_BYTES = 1024 * 1024

_http = urllib3.PoolManager(retries=urllib3.Retry(total=2, redirect=5))


class DownloadError(Exception):
    """The file could not be fetched; the message is for the asset's owner."""


def download(url: str, target: Path, *, limit_bytes: int | None = None) -> None:
    """Write what a URL holds into a file.

    :raises DownloadError: if the server cannot be reached, refuses, or sends more than the limit.
    """
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=SILENCE_SECONDS)
    try:
        with _http.request("GET", url, preload_content=False, timeout=timeout) as response, target.open("wb") as file:
            if response.status != 200:  # noqa: PLR2004 - HTTP's OK
                raise DownloadError(f"Failed to download the file: the server answered {response.status}.")
            for block in response.stream(BLOCK_BYTES):
                file.write(block)
                if limit_bytes is not None and file.tell() > limit_bytes:
                    raise DownloadError(f"Failed to download the file: it is larger than {limit_bytes} bytes.")
    except urllib3.exceptions.HTTPError as error:
        raise DownloadError("Failed to download the file: the server could not be reached.") from error
