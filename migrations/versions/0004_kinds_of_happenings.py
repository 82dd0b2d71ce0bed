"""Kinds of happenings

The history tells edits, events and notices from changes of state. What was kept so far are changes of state, and
attempts where the state stayed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KIND = sa.Enum("state", "attempt", "event", "edit", "notice", name="happening", native_enum=False, length=32)


def upgrade() -> None:
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", KIND, nullable=False, server_default="state"))
    op.execute("UPDATE history SET kind = 'attempt' WHERE from_status = to_status")
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.alter_column("kind", server_default=None)
        batch_op.drop_index("ix_history_product_id")
        batch_op.create_index("ix_history_programme", ["product_id", "id"])


def downgrade() -> None:
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.drop_index("ix_history_programme")
        batch_op.create_index("ix_history_product_id", ["product_id"])
        batch_op.drop_column("kind")
