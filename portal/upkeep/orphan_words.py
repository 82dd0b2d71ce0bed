"""How orphans are told of, on pages and in the terminal alike."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from portal.models import Orphan, OrphanKind

KIND_WORDS: Mapping[OrphanKind, str] = {
    OrphanKind.ASSET: "Video",
    OrphanKind.UPLOAD: "Unused upload",
    OrphanKind.PROGRAMME: "Programme without its video",
}


def kind_words(kind: OrphanKind) -> str:
    return KIND_WORDS[kind]


def age_words(orphan: Orphan, at: datetime) -> str:
    """How long it has been at Mux. Mux does not say when an upload was made: then it is since it was found."""
    age = max(at - (orphan.made_at or orphan.found_at), timedelta())
    hours = age // timedelta(hours=1)
    words = _number(age.days, "day") if age.days else _number(hours, "hour") if hours else "less than an hour"
    return words if orphan.made_at or words.startswith("less") else f"at least {words}"


def minutes_words(seconds: float | None) -> str:
    """Minutes of video, as Mux bills them; a blank where there is no video or its length is not known."""
    return "" if seconds is None else f"{seconds / 60:,.1f}"


def money_words(dollars: Decimal) -> str:
    return f"${dollars:,.2f}"


def _number(count: int, unit: str) -> str:
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"
