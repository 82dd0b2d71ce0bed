"""Memberships

Grants of single programmes, every change of what somebody may watch, and lists that wait to be applied.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SOURCE = sa.Enum("page", "list", "api", name="changesource", native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        "programme_grant",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_programme_grant_user_id_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_programme_grant_product_id_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_grant")),
        sa.UniqueConstraint("user_id", "product_id", name=op.f("uq_programme_grant_user_id_product_id")),
    )
    op.create_index("ix_programme_grant_product_id", "programme_grant", ["product_id"])
    op.create_table(
        "membership_change",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("was_held", sa.Boolean(), nullable=False),
        sa.Column("was_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("source", SOURCE, nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_membership_change_user_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user.id"], name=op.f("fk_membership_change_by_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_change")),
        sa.UniqueConstraint("by_id", "reference", name=op.f("uq_membership_change_by_id_reference")),
    )
    op.create_index("ix_membership_change_user_id", "membership_change", ["user_id", "id"])
    op.create_table(
        "membership_list",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_membership_list_by_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_list")),
    )
    op.create_index("ix_membership_list_by_id", "membership_list", ["by_id"])
    op.create_index("ix_membership_list_created_at", "membership_list", ["created_at"])


def downgrade() -> None:
    op.drop_table("membership_list")
    op.drop_table("membership_change")
    op.drop_table("programme_grant")
