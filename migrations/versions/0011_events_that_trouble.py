"""Webhook events that trouble

Those that failed or contradict what is known are few among many, and get an index of their own. No query goes by the
one of types.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

IS_TROUBLING = sa.text("outcome IN ('contradicts', 'failed')")


def upgrade() -> None:
    op.create_index(
        "ix_webhook_event_troubling",
        "webhook_event",
        ["id"],
        sqlite_where=IS_TROUBLING,
        postgresql_where=IS_TROUBLING,
    )
    op.drop_index("ix_webhook_event_type", table_name="webhook_event")


def downgrade() -> None:
    op.create_index("ix_webhook_event_type", "webhook_event", ["type"])
    op.drop_index("ix_webhook_event_troubling", table_name="webhook_event")
