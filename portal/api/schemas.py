"""The shapes of the API: what may be sent, and how a programme is told."""

import uuid
from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from portal.access import Viewer, may_edit, playback_for, thumbnail_for
from portal.clock import iso_utc
from portal.editing import Changes
from portal.models.catalogue import LIMIT_DEFAULT, LIMIT_MAX, Filter, Page, Position, read_cursor
from portal.models.programme import checked_description, checked_tags, checked_text, checked_title
from portal.models.programme_row import AnyProgramme
from portal.models.user import EMAIL_MAX_CHARACTERS
from portal.models.words import words_of
from portal.mux.playback import PlaybackUrls
from portal.people.accounts import PASSWORD_MAX_CHARACTERS

SEARCH_MAX_CHARACTERS = 200
SEARCH_MAX_WORDS = 10  # each makes the statement longer: to put one together for 66 took half a second and 6 MiB
VIEWER_MAX_CHARACTERS = 64
EMBED_LINK_SECONDS = 60 * 60
EMBED_LINK_SECONDS_MIN = 60
EMBED_LINK_SECONDS_MAX = 24 * 60 * 60


class Body(BaseModel):
    """A JSON body: camelCase names, no field unasked for, no text taken for a number."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, validate_default=False)


class Credentials(Body):
    email: Annotated[str, Field(max_length=EMAIL_MAX_CHARACTERS)]
    password: Annotated[str, Field(max_length=PASSWORD_MAX_CHARACTERS)]


Title = Annotated[str, AfterValidator(checked_title)]
Description = Annotated[str, AfterValidator(checked_description)]
Tags = Annotated[list[str], AfterValidator(checked_tags)]


class NewProgramme(Body):
    title: Title


class Metadata(Body):
    """A change: only the fields that were sent are in `model_fields_set`."""

    product_id: uuid.UUID
    title: Title = ""
    description: Description = ""
    tags: Tags = []
    is_premium: bool = False
    is_featured: bool = False
    is_published: bool = False

    @property
    def changes(self) -> Changes:
        """What was sent about words and settings."""
        names = self.model_fields_set & set(Changes.__annotations__)
        return cast("Changes", {name: getattr(self, name) for name in names})


def _checked_cursor(value: str) -> str:
    read_cursor(value)
    return value


def _checked_name(value: str) -> str:
    return checked_text(" ".join(value.split()))


def _checked_search(value: str) -> str:
    count = len(words_of(value))
    if count > SEARCH_MAX_WORDS:
        raise ValueError(f"Search for {SEARCH_MAX_WORDS} words at the most; these are {count}.")
    return checked_text(value)


class NewEmbedLink(Body):
    """For how many seconds a link is to hold, and who it is for, in the caller's own words."""

    expires_in: Annotated[int, Field(ge=EMBED_LINK_SECONDS_MIN, le=EMBED_LINK_SECONDS_MAX)] = EMBED_LINK_SECONDS
    viewer: Annotated[str, Field(max_length=VIEWER_MAX_CHARACTERS), AfterValidator(_checked_name)] = ""


class ListQuery(BaseModel):
    """The query of the list. Texts become numbers and truth values here, as a query string has nothing else."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    cursor: Annotated[str, AfterValidator(_checked_cursor)] | None = None
    tag: Annotated[str, Field(max_length=SEARCH_MAX_CHARACTERS), AfterValidator(checked_text)] | None = None
    q: Annotated[str, Field(max_length=SEARCH_MAX_CHARACTERS), AfterValidator(_checked_search)] | None = None
    featured: bool | None = None
    premium: bool | None = None

    @property
    def filter(self) -> Filter:
        return Filter(tag=self.tag, search=self.q, is_featured=self.featured, is_premium=self.premium)

    @property
    def position(self) -> Position | None:
        return read_cursor(self.cursor) if self.cursor else None


def programme_json(programme: AnyProgramme, viewer: Viewer, urls: PlaybackUrls, at: datetime) -> dict[str, Any]:
    """A programme as lists have it; its owner and admins see Mux's ids and the error besides."""
    body: dict[str, Any] = {
        "productId": str(programme.product_id),
        "title": programme.title,
        "description": programme.description,
        "status": programme.status.value,
        "isPublished": programme.is_published,
        "isPremium": programme.is_premium,
        "isFeatured": programme.is_featured,
        "duration": programme.duration_seconds,
        "tags": programme.tags,
        "thumbnailUrl": thumbnail_for(viewer, programme, urls, at),
        "coach": {"id": programme.owner_id, "name": programme.owner_name},
        "publishedAt": iso_utc(programme.published_at),
        "createdAt": iso_utc(programme.created_at),
        "updatedAt": iso_utc(programme.updated_at),
    }
    if may_edit(viewer, programme):
        body |= {
            "muxAssetId": programme.mux_asset_id,
            "muxPlaybackId": programme.mux_playback_id,
            "error": _error(programme),
        }
    return body


def programme_list_json(page: Page, viewer: Viewer, urls: PlaybackUrls, at: datetime) -> dict[str, Any]:
    """One page of a list, and where the next begins."""
    items = [programme_json(programme, viewer, urls, at) for programme in page.items]
    return {"items": items, "nextCursor": page.next_cursor}


def programme_detail_json(programme: AnyProgramme, viewer: Viewer, urls: PlaybackUrls, at: datetime) -> dict[str, Any]:
    """A programme with the means to play it for whoever may watch, or `locked` for whoever may not."""
    playback = playback_for(viewer, programme, urls, at)
    return {
        **programme_json(programme, viewer, urls, at),
        "playback": playback.as_json() if playback else None,
        "locked": playback is None,
    }


def _error(programme: AnyProgramme) -> dict[str, str] | None:
    if programme.error_type is None:
        return None
    return {"type": programme.error_type, "message": programme.error_message or ""}
