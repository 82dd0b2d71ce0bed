"""Turning a subtitle file into WebVTT; SubRip is the other format Mux takes."""

import re

_SUBRIP_TIME = re.compile(r"(\d{1,2}:\d{2}:\d{2}),(\d{3})")
_ANY_TIME = re.compile(r"(\d{1,2}:)?\d{2}:\d{2}[.,]\d{3}\s*-->")


class SubtitlesError(Exception):
    """The file holds no subtitles; the message is for the asset's owner."""


def to_webvtt(data: bytes) -> str:
    """Return the same subtitles as WebVTT.

    :raises SubtitlesError: if the file is neither WebVTT nor SubRip.
    """
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise SubtitlesError("The subtitle file is not UTF-8 text.") from error
    if text.startswith("WEBVTT"):
        return text
    if not _ANY_TIME.search(text):
        raise SubtitlesError("The subtitle file is neither WebVTT nor SubRip.")
    return "WEBVTT\n\n" + _SUBRIP_TIME.sub(r"\1.\2", text)
