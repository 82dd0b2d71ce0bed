"""The tags of published programmes, a row each, so that a tag's programmes are found in the order of a list."""

import uuid
from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base
from portal.models.programme import TAG_MAX_CHARACTERS


class ProgrammeTag(Base):
    """One tag of one published programme. The database writes these rows itself (migration 0012)."""

    __tablename__ = "programme_tag"
    __table_args__ = (Index("ix_programme_tag_catalogue", "tag", "is_featured", "published_at", "product_id"),)

    tag: Mapped[str] = mapped_column(String(TAG_MAX_CHARACTERS), primary_key=True)
    published_at: Mapped[datetime] = mapped_column(primary_key=True)
    product_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    is_featured: Mapped[bool]
    is_premium: Mapped[bool]
