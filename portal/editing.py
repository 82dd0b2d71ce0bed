"""What is changed about a programme in words and settings, from the page and the API alike, with a line of history."""

from datetime import datetime
from typing import TypedDict

from portal.lifecycle.moves import note
from portal.models import Happening, Programme, User


class Changes(TypedDict, total=False):
    """The fields to change, with values that were checked (portal.models.programme)."""

    title: str
    description: str
    tags: list[str]
    is_premium: bool
    is_featured: bool


def apply_changes(programme: Programme, changes: Changes, by: User, *, at: datetime) -> None:
    """Change what differs; one line of history says what. Nothing is written where nothing differs."""
    told: list[str] = []
    if "title" in changes and changes["title"] != programme.title:
        told.append(f"The title was changed from “{programme.title}” to “{changes['title']}”.")
        programme.title = changes["title"]
    if "description" in changes and changes["description"] != programme.description:
        told.append("The description was changed.")
        programme.description = changes["description"]
    if "tags" in changes and changes["tags"] != programme.tags:
        told.append(f"The tags were changed from {_listed(programme.tags)} to {_listed(changes['tags'])}.")
        programme.tags = changes["tags"]
    if "is_premium" in changes and changes["is_premium"] != programme.is_premium:
        told.append("It became premium." if changes["is_premium"] else "It is not premium any more.")
        programme.is_premium = changes["is_premium"]
    if "is_featured" in changes and changes["is_featured"] != programme.is_featured:
        told.append("It became featured." if changes["is_featured"] else "It is not featured any more.")
        programme.is_featured = changes["is_featured"]
    if not told:
        return
    programme.updated_at = at
    note(programme, Happening.EDIT, " ".join(told), at=at, actor=by)


def _listed(tags: list[str]) -> str:
    return ", ".join(f"“{tag}”" for tag in tags) or "none"
