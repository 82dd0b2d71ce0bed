"""Discards of uploads too

What is owed to Mux are deletions of assets and now cancellations of uploads: one table for both.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SHARED = "product_id, reason, created_at, next_try_at, tries, error"


def upgrade() -> None:
    op.create_table(
        "discard",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.Enum("asset", "upload", name="discardkind", native_enum=False, length=32), nullable=False),
        sa.Column("mux_id", sa.String(length=255), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discard")),
        sa.UniqueConstraint("kind", "mux_id", name=op.f("uq_discard_kind_mux_id")),
    )
    open_only = sa.text("done_at IS NULL")
    op.create_index("ix_discard_open", "discard", ["next_try_at"], sqlite_where=open_only, postgresql_where=open_only)
    op.execute(
        f"INSERT INTO discard (kind, mux_id, done_at, {SHARED}) "
        f"SELECT 'asset', asset_id, deleted_at, {SHARED} FROM discarded_asset"
    )
    op.drop_index("ix_discarded_asset_next_try_at", table_name="discarded_asset")
    op.drop_table("discarded_asset")


def downgrade() -> None:
    op.create_table(
        "discarded_asset",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("asset_id", sa.String(length=255), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discarded_asset")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_discarded_asset_asset_id")),
    )
    op.create_index("ix_discarded_asset_next_try_at", "discarded_asset", ["next_try_at"])
    op.execute(
        f"INSERT INTO discarded_asset (asset_id, deleted_at, {SHARED}) "
        f"SELECT mux_id, done_at, {SHARED} FROM discard WHERE kind = 'asset'"
    )
    op.drop_index("ix_discard_open", table_name="discard")
    op.drop_table("discard")
