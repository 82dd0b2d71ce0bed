"""Periodic work

Leases and reports of the worker's periodic work, when Mux was last asked about an upload and a coach reminded of
one, and what the last comparison with Mux found.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ORPHAN_KIND = sa.Enum("asset", "upload", "programme", name="orphankind", native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        "periodic_work",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic_work")),
    )
    op.create_table(
        "orphan",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", ORPHAN_KIND, nullable=False),
        sa.Column("mux_id", sa.String(length=255), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orphan")),
        sa.UniqueConstraint("kind", "mux_id", name=op.f("uq_orphan_kind_mux_id")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    unfinished = sa.text("superseded_at IS NULL AND reminded_at IS NULL AND status IN ('requested', 'waiting')")
    op.create_index(
        "ix_upload_unfinished", "upload", ["created_at"], sqlite_where=unfinished, postgresql_where=unfinished
    )


def downgrade() -> None:
    op.drop_index("ix_upload_unfinished", table_name="upload")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_column("reminded_at")
        batch_op.drop_column("asked_at")
    op.drop_table("orphan")
    op.drop_table("periodic_work")
