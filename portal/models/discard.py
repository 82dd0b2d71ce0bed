"""What is to disappear at Mux: assets that nobody will watch, and uploads that nobody will send a file to."""

import enum
import uuid
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Index, Select, String, Table, Text, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database.session_connection import in_session
from portal.extensions import db
from portal.models.base import Base, RowId
from portal.models.joint_write import Given, JointWrite, entry


class DiscardKind(enum.StrEnum):
    ASSET = "asset"  # to be deleted
    PLAYBACK_ID = "playback_id"  # to be deleted, while its asset stays
    UPLOAD = "upload"  # to be cancelled, and where a video came through it all the same, that to be deleted


class Discard(Base):
    """A debt: the row is written with the decision, the call to Mux follows and is tried until it is done."""

    __tablename__ = "discard"
    __table_args__ = (
        UniqueConstraint("kind", "mux_id"),
        Index(
            "ix_discard_open",
            "next_try_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[DiscardKind]
    mux_id: Mapped[str] = mapped_column(String(255))
    product_id: Mapped[uuid.UUID]  # no foreign key: the debt outlives the programme
    reason: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)


_discards = cast("Table", Discard.__table__)
_OF_DEBTS = ("kind", "mux_id", "product_id", "reason", "created_at", "next_try_at", "tries")
_AFRESH = ("reason", "created_at", "next_try_at", "tries", "done_at", "error")
_KEY = ("kind", "mux_id")


def _note(given: Given) -> Any:
    return given.inserted_into(_discards).on_conflict_do_nothing(index_elements=_KEY)


def _note_again(given: Given) -> Any:
    """Add a debt, or open one that was paid as if it were new."""
    added = given.inserted_into(_discards)
    return added.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: added.excluded[name] for name in _AFRESH},
        where=_discards.c.done_at.is_not(None),
    )


# A debt, unless it was noted before.
DISCARD = entry(_discards, _OF_DEBTS, _note)
_ONCE = JointWrite(noted=DISCARD)
_AGAIN = JointWrite(noted=entry(_discards, _OF_DEBTS, _note_again))


def select_discards_due(at: datetime, limit: int) -> Select[Discard]:
    due = select(Discard).where(Discard.done_at.is_(None), Discard.next_try_at <= at)
    return due.order_by(Discard.next_try_at).limit(limit)


def count_open_discards() -> int:
    """How many debts to Mux are not paid yet. One query."""
    return db.session.scalar(select(func.count()).select_from(Discard).where(Discard.done_at.is_(None))) or 0


def playback_id_at_mux(asset_id: str, playback_id: str) -> str:
    """What names a playback id that is to go: Mux asks for its asset, too."""
    return f"{asset_id}/{playback_id}"


def discard_of(kind: DiscardKind, mux_id: str, product_id: uuid.UUID, reason: str, at: datetime) -> dict[str, Any]:
    """A new debt, by the columns that DISCARD writes."""
    return {
        "kind": kind,
        "mux_id": mux_id,
        "product_id": product_id,
        "reason": reason,
        "created_at": at,
        "next_try_at": at,
        "tries": 0,
    }


def discard_asset(asset_id: str, product_id: uuid.UUID, reason: str, at: datetime) -> None:
    """Note that an asset is to be deleted at Mux; noting it twice is noting it once."""
    _discard(DiscardKind.ASSET, asset_id, product_id, reason, at)


def discard_playback_id(asset_id: str, playback_id: str, product_id: uuid.UUID, reason: str, at: datetime) -> None:
    """Note that an asset is not to be played by this id any more; twice is once."""
    _discard(DiscardKind.PLAYBACK_ID, playback_id_at_mux(asset_id, playback_id), product_id, reason, at)


def discard_upload(mux_upload_id: str, product_id: uuid.UUID, reason: str, at: datetime) -> None:
    """Note that an upload is to be cancelled at Mux, with whatever came through it; twice is once."""
    _discard(DiscardKind.UPLOAD, mux_upload_id, product_id, reason, at)


def discard_again(kind: DiscardKind, mux_id: str, product_id: uuid.UUID, reason: str, at: datetime) -> None:
    """Note that something is to go that was found at Mux, even where it was told to be gone before."""
    _AGAIN.write(in_session(), {"noted": [discard_of(kind, mux_id, product_id, reason, at)]})


def _discard(kind: DiscardKind, mux_id: str, product_id: uuid.UUID, reason: str, at: datetime) -> None:
    _ONCE.write(in_session(), {"noted": [discard_of(kind, mux_id, product_id, reason, at)]})
