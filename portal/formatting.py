"""How things are written for people: lengths of time, moments, Mux's messages."""

from datetime import UTC, datetime

from flask import Flask
from markupsafe import Markup


def register_filters(app: Flask) -> None:
    """Make the formats known to templates."""
    app.add_template_filter(duration)
    app.add_template_filter(moment)


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
    return Markup('<time datetime="{}" data-local-time>{}</time>').format(machine, person)
