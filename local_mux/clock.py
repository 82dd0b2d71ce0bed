"""The time, always aware and in UTC, and its spellings in Mux's answers."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


def epoch(moment: datetime) -> int:
    """Return whole seconds since 1970, as Mux counts `created_at`."""
    return int(moment.timestamp())


def iso(moment: datetime) -> str:
    """Spell a moment as the envelopes of Mux's webhooks do: microseconds and a Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
