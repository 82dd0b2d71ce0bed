"""How things are written for people: lengths of time, moments, Mux's messages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from jinja2.utils import urlize
from markupsafe import Markup, escape


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why there is no video, in plain words, and what to do about it."""

    words: str
    advice: str


# By the beginning of Mux's message; its error types are not documented.
REASONS: Mapping[str, Reason] = {
    "The input file was not a valid video": Reason(
        words="Mux could not read this file as a video.",
        advice="Open it on your device: if it plays there, save it as MP4 and send that; if not, choose another file.",
    ),
    "The upload was not finished in time": Reason(
        words="The file did not arrive in time.",
        advice="Send it again, and keep the page open until it says that the video has arrived.",
    ),
    "The upload was cancelled": Reason(
        words="The upload was cancelled.",
        advice="Send the file again when you are ready.",
    ),
    "The upload failed": Reason(
        words="The file did not arrive whole.",
        advice="Check your connection, then send it again.",
    ),
    "The video was removed": Reason(
        words="The video was removed at Mux, so nobody can watch it any more.",
        advice="Send it again to bring the programme back.",
    ),
}
OTHER_REASON = Reason(
    words="Mux could not prepare this video.",
    advice="Send the file again. If it fails once more, save it as MP4 first, or ask the portal’s administrator.",
)


MAYBE_ADDRESS = re.compile(r"\w[.:@/]+\w")  # a dot, colon or the like between two letters, as every address has


def register_filters(app: Flask) -> None:
    """Make the formats known to templates."""
    app.add_template_filter(duration)
    app.add_template_filter(moment)
    app.add_template_filter(mux_reason)
    app.add_template_filter(in_lines)


def duration(seconds: int | None) -> str:
    """Whole seconds as a clock shows them: 0:07, 12:34, 1:02:03; nothing where the length is not known."""
    if seconds is None:
        return ""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def moment(at: datetime | None) -> Markup:
    """A <time> in UTC, which the page's script rewrites in the reader's own zone."""
    if at is None:
        return Markup("")
    utc = at.astimezone(UTC)
    machine, person = utc.isoformat(timespec="seconds").replace("+00:00", "Z"), f"{utc:%-d %B %Y, %H:%M} UTC"
    return Markup(f'<time datetime="{machine}" data-local-time>{person}</time>')  # noqa: S704 - digits and a month


def in_lines(text: str) -> Markup:
    """A paragraph of a person's words: line breaks stay, addresses become links, all else is plain text."""
    return Markup("<br>").join(linked(line) for line in text.strip().splitlines())


def linked(text: str) -> Markup:
    """A person's words with the addresses in them as links; all else is plain text.

    Few words are addresses, and jinja's own filter takes long to see that none is.
    """
    if not MAYBE_ADDRESS.search(text):
        return escape(text)
    return Markup(urlize(text, rel="nofollow noopener"))  # noqa: S704 - it escapes


def mux_reason(message: str | None) -> Reason:
    """What Mux's message means for whoever uploaded the file."""
    known = (reason for start, reason in REASONS.items() if (message or "").startswith(start))
    return next(known, OTHER_REASON)
