"""Whose programmes are whose: all of one coach's can pass to another, with a line in the history of each."""

from datetime import datetime

from sqlalchemy import func, insert, literal, select, update

from portal.extensions import db
from portal.models import Happening, History, Product, Programme, User


def count_programmes_of(user_id: int) -> int:
    """How many programmes are somebody's, those included that were deleted and can be brought back."""
    owned = select(func.count()).select_from(Programme).join(Product, Product.id == Programme.product_id)
    return db.session.scalar(owned.where(Product.owner_id == user_id)) or 0


def hand_over_programmes(giver: User, taker: User, *, by: User, at: datetime) -> int:
    """Make all programmes of one person another's; how many. Three statements, however many there are.

    Nothing else changes: what is published stays so, and an upload under way goes on.
    """
    count = count_programmes_of(giver.id)
    owned = select(Product.id).where(Product.owner_id == giver.id)
    touched = update(Programme).where(Programme.product_id.in_(owned)).values(updated_at=at)
    db.session.execute(touched.execution_options(synchronize_session=False))
    why = f"{giver.name}’s programmes were handed over to {taker.name}."
    columns = {
        History.product_id: Programme.product_id,
        History.at: literal(at, History.at.type),
        History.kind: literal(Happening.EDIT, History.kind.type),
        History.actor_id: literal(by.id),
        History.from_status: Programme.status,
        History.to_status: Programme.status,
        History.why: literal(why),
    }
    of_each = select(*columns.values()).where(Programme.product_id.in_(owned))
    db.session.execute(insert(History).from_select([column.key for column in columns], of_each))
    passed_on = update(Product).where(Product.owner_id == giver.id).values(owner_id=taker.id)
    db.session.execute(passed_on.execution_options(synchronize_session=False))
    return count
