"""Programmes can be deleted

A deleted programme is kept for a week; its product stays for good, so that its id is known as one of ours.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.create_check_constraint(
            batch_op.f("ck_programme_deleted_is_not_published"), "deleted_at IS NULL OR NOT is_published"
        )
    deleted_only = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_programme_deleted", "programme", ["deleted_at"], sqlite_where=deleted_only, postgresql_where=deleted_only
    )


def downgrade() -> None:
    op.drop_index("ix_programme_deleted", table_name="programme")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_programme_deleted_is_not_published"), type_="check")
        batch_op.drop_column("deleted_at")
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_column("gone_at")
