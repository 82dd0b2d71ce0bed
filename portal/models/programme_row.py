"""A programme with its coach's name as one row of columns, for answers that only look."""

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, select

from portal.database.gathered_select import GatheredSelect
from portal.models.product import Product
from portal.models.programme import Programme
from portal.models.state import Status
from portal.models.user import User


class ProgrammeRow(NamedTuple):
    """What lists, answers and pages tell of a programme. Its fields name the columns that are read."""

    product_id: uuid.UUID
    title: str
    description: str
    tags: list[str]
    status: Status
    is_published: bool
    is_premium: bool
    is_featured: bool
    duration_seconds: int | None
    mux_asset_id: str | None
    mux_playback_id: str | None
    is_signed: bool
    error_type: str | None
    error_message: str | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    owner_id: int
    owner_name: str

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_playable(self) -> bool:
        """Whether there is a video that Mux would play."""
        return self.status is Status.READY


def programme_columns(
    programme: type[Programme], product: type[Product], owner: type[User]
) -> list[ColumnElement[object]]:
    """The columns of a ProgrammeRow, in its order, out of these tables or their aliases."""
    own = [getattr(programme, name) for name in ProgrammeRow._fields[:-2]]
    return [*own, product.owner_id, owner.name]


ROW_OF_PROGRAMME = GatheredSelect(
    select(*programme_columns(Programme, Product, User))
    .select_from(Programme)
    .join(Product, Product.id == Programme.product_id)
    .join(User, User.id == Product.owner_id)
    .where(Programme.product_id == bindparam("product_id"))
)

AnyProgramme = Programme | ProgrammeRow
