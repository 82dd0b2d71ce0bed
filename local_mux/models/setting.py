"""Small values that must survive a restart: faults, and the key child URLs are signed with."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from local_mux.models.base import Base


class Setting(Base):
    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
