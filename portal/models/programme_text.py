"""What is searched of each programme, apart from the programme, so that a change of state leaves its index alone."""

import uuid
from typing import Any

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, RowId


class ProgrammeText(Base):
    """Title and description in one. The database writes these rows itself (migration 0012), when words are written."""

    __tablename__ = "programme_text"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)  # what SQLite's index of words refers to
    product_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    content: Mapped[str] = mapped_column(Text)


def by_models(_object: Any, name: str | None, _kind: str, is_reflected: bool, _compared: Any) -> bool:  # noqa: FBT001
    """Whether models make this (Alembic's question): the indexes of words are made by a migration alone."""
    return not (is_reflected and name is not None and name.startswith(("programme_words", "ix_programme_text_pieces")))
