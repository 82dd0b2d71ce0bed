"""A programme: the coach's words, its state, and the video it plays."""

import unicodedata
import uuid
from datetime import datetime
from typing import cast

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, String, Text, and_, func, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.base import Base
from portal.models.product import Product
from portal.models.state import ProgrammeState, Status
from portal.models.user import User

TITLE_MAX_CHARACTERS = 255
DESCRIPTION_MAX_CHARACTERS = 10_000
TAGS_MAX = 20
TAG_MAX_CHARACTERS = 50
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Programme(ProgrammeState, Base):
    """One webinar programme. The database itself refuses a published one without a video."""

    __tablename__ = "programme"
    __table_args__ = (
        CheckConstraint(
            "status <> 'ready' OR (mux_asset_id IS NOT NULL AND mux_playback_id IS NOT NULL)",
            name="ready_has_video",
        ),
        CheckConstraint(
            "NOT is_published OR (status = 'ready' AND published_at IS NOT NULL)", name="published_is_ready"
        ),
        CheckConstraint("deleted_at IS NULL OR NOT is_published", name="deleted_is_not_published"),
        Index("ix_programme_published", "is_published", "published_at", "product_id"),
        Index("ix_programme_catalogue", "is_published", "is_featured", "published_at", "product_id"),
        Index("ix_programme_premium", "is_published", "is_premium", "published_at", "product_id"),
        Index("ix_programme_created", "created_at", "product_id"),
        Index("ix_programme_status", "status", "created_at", "product_id"),
        Index(
            "ix_programme_deleted",
            "deleted_at",
            sqlite_where=text("deleted_at IS NOT NULL"),
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
    )

    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_MAX_CHARACTERS))
    description: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    status: Mapped[Status] = mapped_column(default=Status.AWAITING_UPLOAD)
    is_published: Mapped[bool] = mapped_column(default=False)
    is_premium: Mapped[bool] = mapped_column(default=False)
    is_featured: Mapped[bool] = mapped_column(default=False)
    publish_when_ready: Mapped[bool] = mapped_column(default=True)
    duration_seconds: Mapped[int | None]
    mux_asset_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    mux_playback_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    is_signed: Mapped[bool] = mapped_column(default=False)  # whether the playback id needs tokens
    error_type: Mapped[str | None] = mapped_column(String(255))
    error_message: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]  # by its coach or an admin; it can be brought back for a while

    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)

    @property
    def owner(self) -> User:
        return self.product.owner

    @property
    def owner_id(self) -> int:
        return self.product.owner_id

    @property
    def owner_name(self) -> str:
        return self.owner.name


_IS_UNSIGNED = and_(Programme.status == Status.READY, Programme.is_signed.is_(False))


def checked_title(value: str) -> str:
    """The title as it is kept; ValueError says in plain words what is wrong with it."""
    title = " ".join(value.split())
    if not title:
        raise ValueError("Give the programme a title.")
    if len(title) > TITLE_MAX_CHARACTERS:
        raise ValueError(f"Use {TITLE_MAX_CHARACTERS} characters at the most; this title has {len(title)}.")
    return checked_text(title)


def checked_description(value: str) -> str:
    """The description as it is kept, with its line breaks; ValueError says what is wrong with it."""
    description = value.replace("\r\n", "\n").strip()
    if len(description) > DESCRIPTION_MAX_CHARACTERS:
        limit = f"{DESCRIPTION_MAX_CHARACTERS:,}"
        raise ValueError(f"Use {limit} characters at the most; this description has {len(description):,}.")
    return checked_text(description)


def checked_tags(values: list[str]) -> list[str]:
    """Tags trimmed, in lower case, without empty ones and repeats; ValueError says what is wrong with them."""
    tags = list(dict.fromkeys(tag for tag in (" ".join(value.split()).lower() for value in values) if tag))
    if len(tags) > TAGS_MAX:
        raise ValueError(f"Use {TAGS_MAX} tags at the most; these are {len(tags)}.")
    for tag in tags:
        if len(tag) > TAG_MAX_CHARACTERS:
            raise ValueError(f"A tag has {TAG_MAX_CHARACTERS} characters at the most; “{tag[:20]}…” has {len(tag)}.")
    return [checked_text(tag) for tag in tags]


def checked_text(value: str) -> str:
    """Refuse what no person types and no database takes: control characters and halves of surrogate pairs."""
    if any(_is_unshowable(character) for character in value):
        raise ValueError("Remove the characters that can’t be shown.")
    return value


def showable(value: str) -> str:
    """The text with a replacement character for each that can't be shown, to be given back for mending."""
    return "".join(REPLACEMENT if _is_unshowable(character) else character for character in value)


def _is_unshowable(character: str) -> bool:
    return character == REPLACEMENT or (unicodedata.category(character) in {"Cc", "Cs"} and character not in "\r\n\t")


def select_programme(product_id: uuid.UUID | ColumnElement[uuid.UUID]) -> Select[Programme]:
    return select(Programme).where(Programme.product_id == product_id)


def select_unsigned(after: uuid.UUID | None, limit: int) -> Select[uuid.UUID, str]:
    """Product and asset of each programme that plays by a public id, in the order of their products."""
    chosen = select(Programme.product_id, Programme.mux_asset_id).where(_IS_UNSIGNED)
    if after is not None:
        chosen = chosen.where(Programme.product_id > after)
    return cast("Select[uuid.UUID, str]", chosen.order_by(Programme.product_id).limit(limit))


def count_unsigned() -> int:
    """How many programmes play by a public id. One query."""
    return db.session.scalar(select(func.count()).select_from(Programme).where(_IS_UNSIGNED)) or 0


def select_programme_for_update(product_id: uuid.UUID | ColumnElement[uuid.UUID]) -> Select[Programme]:
    """The row as it stands now, locked until the transaction ends: for every change of state."""
    chosen = select_programme(product_id).with_for_update(of=Programme)
    return chosen.execution_options(populate_existing=True)
