"""Whether viewers find a programme."""

from datetime import datetime

from portal.lifecycle.moves import StateConflictError, note
from portal.models import Happening, Programme, User


def set_published(programme: Programme, *, wanted: bool, by: User, at: datetime) -> None:
    """Publish or withdraw. Before there is a video, withdrawing means: not by itself once it is ready.

    Raises StateConflictError for publishing a programme that has nothing to play.
    """
    if wanted and not programme.is_playable:
        raise StateConflictError("A programme can be published once its video is ready.")
    if not programme.is_playable:
        choose_publication(programme, when_ready=wanted, by=by, at=at)
        return
    programme.publish_when_ready = wanted
    if wanted == programme.is_published:
        return
    programme.is_published = wanted
    programme.published_at = programme.published_at or at
    programme.updated_at = at
    why = "The programme was published." if wanted else "The programme was withdrawn from the catalogue."
    note(programme, Happening.EDIT, why, at=at, actor=by)


def choose_publication(programme: Programme, *, when_ready: bool, by: User, at: datetime) -> None:
    """Keep whether the programme is published by itself once its video is ready."""
    if programme.publish_when_ready == when_ready:
        return
    programme.publish_when_ready, programme.updated_at = when_ready, at
    why = "It is to be published once its video is ready." if when_ready else "It is to stay a draft when ready."
    note(programme, Happening.EDIT, why, at=at, actor=by)
