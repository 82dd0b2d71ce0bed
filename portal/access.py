"""Who may see, edit and watch. Rows are fetched through here: what somebody may not see is not found."""

import uuid
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import abort
from flask_login import current_user

from portal.config import current_settings
from portal.database.bare_connections import current_bare_connections
from portal.extensions import db
from portal.models import Programme, User
from portal.models.programme import select_programme, select_programme_for_update
from portal.models.programme_row import ROW_OF_PROGRAMME, AnyProgramme, ProgrammeRow
from portal.models.standing import Person
from portal.mux.playback import Playback, PlaybackUrls
from portal.people.sessions import SignedIn


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody without an account here."""

    is_welcome: bool  # the catalogue is open to everybody
    linked_to: uuid.UUID | None = None  # the programme that a signed link opens for them
    named: str = ""  # who that link was made for, in the words of whoever asked for it

    def has_link_to(self, programme: AnyProgramme) -> bool:
        return programme.product_id == self.linked_to


Viewer = User | Person | Visitor


def signed_in_user() -> User:
    """Whoever this request's session belongs to: the row itself, not Flask-Login's stand-in for it."""
    return cast("User", current_user._get_current_object())  # noqa: SLF001 - werkzeug's documented way to the object


def viewer_here() -> Viewer:
    """Whoever this request's session belongs to, or a visitor where it belongs to nobody."""
    person: Any = person_here()  # or Flask-Login's stand-in for nobody
    return cast("User | Person", person) if person.is_authenticated else visitor_here()


def person_here() -> User | Person:
    """Whoever is signed in, for a page that only looks: their row, or what was read of it by column."""
    return cast("User | Person", current_user._get_current_object())  # noqa: SLF001 - as above


def shown_alike(person: User | Person, at: datetime) -> tuple[Hashable, ...]:
    """What lists depend on besides what is listed: makers see more of their own programmes, members more pictures.

    Whoever single programmes were opened for is alike to nobody: that is for the caller to know.
    """
    if person.is_admin:
        return ("admin",)
    if person.makes_programmes:
        return ("maker", person.id, person.is_member(at))
    return ("viewer", person.is_member(at))


def visitor_here(*, linked_to: uuid.UUID | None = None, named: str = "") -> Visitor:
    """Somebody whom this portal knows nothing of but the signed link that they came with, if any."""
    return Visitor(is_welcome=current_settings().public_catalogue, linked_to=linked_to, named=named)


def may_edit(viewer: Viewer, programme: AnyProgramme) -> bool:
    if isinstance(viewer, Visitor):
        return False
    return viewer.is_admin or (viewer.makes_programmes and programme.owner_id == viewer.id)


def may_see(viewer: Viewer, programme: AnyProgramme) -> bool:
    """Whether the programme exists for this person at all."""
    if programme.is_deleted:
        return False
    if isinstance(viewer, Visitor):
        return programme.is_published and (viewer.is_welcome or viewer.has_link_to(programme))
    return programme.is_published or may_edit(viewer, programme)


def may_watch(viewer: Viewer, programme: AnyProgramme, at: datetime) -> bool:
    """Whether this person may be given the means to play the video: asked for every page, answer, frame and token."""
    if not programme.is_playable or not may_see(viewer, programme):
        return False
    if not programme.is_premium or may_edit(viewer, programme):
        return True
    if isinstance(viewer, Visitor):
        return viewer.has_link_to(programme)
    return viewer.is_member(at) or viewer.has_grant(programme.product_id, at)


def playback_for(viewer: Viewer, programme: AnyProgramme, urls: PlaybackUrls, at: datetime) -> Playback | None:
    """The means to play the video, minted for whoever may watch it; None for everybody else."""
    if programme.mux_playback_id is None or not may_watch(viewer, programme, at):
        return None
    return urls.playback(
        programme.mux_playback_id,
        is_signed=programme.is_signed,
        duration_seconds=programme.duration_seconds,
        at=at,
        viewer=_name_in_tokens(viewer),
    )


def thumbnail_for(viewer: Viewer, programme: AnyProgramme, urls: PlaybackUrls, at: datetime) -> str | None:
    """The address of a still, for whoever may see the programme; None while there is no video.

    An unsigned address tells the public playback id, which plays by itself: only who may watch is given that one.
    """
    if programme.mux_playback_id is None or not programme.is_playable:
        return None
    if programme.is_signed:  # whoever may edit a deleted one can bring it back
        is_shown = may_see(viewer, programme) or may_edit(viewer, programme)
    else:
        is_shown = may_watch(viewer, programme, at)
    if not is_shown:
        return None
    length = programme.duration_seconds
    return urls.thumbnail_url(programme.mux_playback_id, is_signed=programme.is_signed, at=at, duration_seconds=length)


def animation_for(viewer: Viewer, programme: AnyProgramme, urls: PlaybackUrls, at: datetime) -> str | None:
    """The address of a few moving seconds, for whoever may watch all of it."""
    if programme.mux_playback_id is None or not may_watch(viewer, programme, at):
        return None
    length = programme.duration_seconds
    return urls.animation_url(programme.mux_playback_id, is_signed=programme.is_signed, at=at, duration_seconds=length)


def _name_in_tokens(viewer: Viewer) -> str:
    if isinstance(viewer, Visitor):
        return f"link:{viewer.named}" if viewer.named else ""
    return f"user:{viewer.id}"


def programme_to_see(viewer: Viewer, product_id: uuid.UUID) -> Programme:
    """The programme, or 404."""
    programme = db.session.scalar(select_programme(product_id))
    if programme is None or not may_see(viewer, programme):
        abort(404)
    return programme


def programme_to_watch(viewer: Viewer, product_id: uuid.UUID) -> ProgrammeRow:
    """The programme by column, for a page that only shows it, or 404. One query, if it was not read with the viewer."""
    read = viewer.page_programme if isinstance(viewer, SignedIn) else None
    programme = read if read and read.product_id == product_id else _programme_row(product_id)
    if programme is None or not may_see(viewer, programme):
        abort(404)
    return programme


def _programme_row(product_id: uuid.UUID) -> ProgrammeRow | None:
    row = current_bare_connections().first(ROW_OF_PROGRAMME, product_id=product_id)
    return ProgrammeRow._make(row) if row else None


def programme_to_edit(user: User, product_id: uuid.UUID) -> Programme:
    """The programme, locked until the transaction ends, or 404."""
    return _editable(user, db.session.scalar(select_programme_for_update(product_id)))


def programme_in_studio(user: User, product_id: uuid.UUID) -> Programme:
    """The programme for its coach's page, without a lock, or 404."""
    return _editable(user, db.session.scalar(select_programme(product_id)))


def programme_to_restore(user: User, product_id: uuid.UUID) -> Programme:
    """The deleted programme, locked until the transaction ends, or 404."""
    programme = db.session.scalar(select_programme_for_update(product_id))
    if programme is None or not programme.is_deleted or not may_edit(user, programme):
        abort(404)
    return programme


def _editable(user: User, programme: Programme | None) -> Programme:
    if programme is None or programme.is_deleted or not may_edit(user, programme):
        abort(404)
    return programme
