"""Publication leaves texts alone

Whether and when a programme is published, featured or premium stands in its own row. Written beside its text as well,
each publication cost PostgreSQL a new version of that row, and all its words in the index anew once a page was full.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TRIGGERS = ("added", "listed_anew")

POSTGRESQL_ADDED = """
    CREATE OR REPLACE FUNCTION programme_was_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO programme_text (product_id, content{columns})
        VALUES (NEW.product_id, NEW.title || E'\\n' || NEW.description{values});
        IF NEW.is_published THEN
            INSERT INTO programme_tag (tag, published_at, product_id, is_featured, is_premium)
            SELECT DISTINCT tag, NEW.published_at, NEW.product_id, NEW.is_featured, NEW.is_premium
            FROM jsonb_array_elements_text(NEW.tags) AS tags (tag);
        END IF;
        RETURN NULL;
    END
    $$
"""
POSTGRESQL_LISTED_ANEW = """
    CREATE OR REPLACE FUNCTION programme_was_listed_anew() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.is_published THEN
            DELETE FROM programme_tag
            WHERE tag IN (SELECT jsonb_array_elements_text(OLD.tags))
                AND published_at = OLD.published_at AND product_id = OLD.product_id;
        END IF;
        IF NEW.is_published THEN
            INSERT INTO programme_tag (tag, published_at, product_id, is_featured, is_premium)
            SELECT DISTINCT tag, NEW.published_at, NEW.product_id, NEW.is_featured, NEW.is_premium
            FROM jsonb_array_elements_text(NEW.tags) AS tags (tag);
        END IF;
        {following}
        RETURN NULL;
    END
    $$
"""

SQLITE_ADDED = """
    CREATE TRIGGER programme_added AFTER INSERT ON programme BEGIN
        INSERT INTO programme_text (product_id, content{columns})
        VALUES (NEW.product_id, NEW.title || char(10) || NEW.description{values});
        INSERT INTO programme_tag (tag, published_at, product_id, is_featured, is_premium)
        SELECT DISTINCT value, NEW.published_at, NEW.product_id, NEW.is_featured, NEW.is_premium
        FROM json_each(NEW.tags) WHERE NEW.is_published;
    END
"""
SQLITE_LISTED_ANEW = """
    CREATE TRIGGER programme_listed_anew
    AFTER UPDATE OF is_published, published_at, tags, is_featured, is_premium ON programme
    WHEN (OLD.is_published OR NEW.is_published)
        AND (OLD.is_published, OLD.published_at, OLD.tags, OLD.is_featured, OLD.is_premium)
            IS NOT (NEW.is_published, NEW.published_at, NEW.tags, NEW.is_featured, NEW.is_premium)
    BEGIN
        DELETE FROM programme_tag
        WHERE tag IN (SELECT value FROM json_each(OLD.tags))
            AND published_at = OLD.published_at AND product_id = OLD.product_id;
        INSERT INTO programme_tag (tag, published_at, product_id, is_featured, is_premium)
        SELECT DISTINCT value, NEW.published_at, NEW.product_id, NEW.is_featured, NEW.is_premium
        FROM json_each(NEW.tags) WHERE NEW.is_published;
        {following}
    END
"""
SQLITE_OF_TEXT = (
    """
    CREATE TRIGGER programme_text_added AFTER INSERT ON programme_text BEGIN
        INSERT INTO programme_words (rowid, content) VALUES (NEW.id, NEW.content);
    END
    """,
    """
    CREATE TRIGGER programme_text_reworded AFTER UPDATE OF content ON programme_text BEGIN
        INSERT INTO programme_words (programme_words, rowid, content) VALUES ('delete', OLD.id, OLD.content);
        INSERT INTO programme_words (rowid, content) VALUES (NEW.id, NEW.content);
    END
    """,
    """
    CREATE TRIGGER programme_text_removed AFTER DELETE ON programme_text BEGIN
        INSERT INTO programme_words (programme_words, rowid, content) VALUES ('delete', OLD.id, OLD.content);
    END
    """,
)

KEYS = ", is_featured, is_premium, published_at"  # what a text had of its programme before
KEYS_OF_NEW = ", NEW.is_featured, NEW.is_premium, CASE WHEN NEW.is_published THEN NEW.published_at END"
FOLLOWING = """
        UPDATE programme_text SET is_featured = NEW.is_featured, is_premium = NEW.is_premium,
            published_at = CASE WHEN NEW.is_published THEN NEW.published_at END
        WHERE product_id = NEW.product_id;
"""

POSTGRESQL_UPGRADE = (
    POSTGRESQL_ADDED.format(columns="", values=""),
    POSTGRESQL_LISTED_ANEW.format(following=""),
    "ALTER TABLE programme_text DROP COLUMN is_featured, DROP COLUMN is_premium, DROP COLUMN published_at",
    "ALTER TABLE programme_text RESET (fillfactor)",
)
# Without the index of words meanwhile, to which each row would be added anew.
POSTGRESQL_DOWNGRADE = (
    "ALTER TABLE programme_text SET (fillfactor = 80)",
    """
    ALTER TABLE programme_text ADD COLUMN is_featured boolean, ADD COLUMN is_premium boolean,
        ADD COLUMN published_at timestamp with time zone
    """,
    "DROP INDEX ix_programme_text_windows",
    """
    UPDATE programme_text SET is_featured = programme.is_featured, is_premium = programme.is_premium,
        published_at = CASE WHEN programme.is_published THEN programme.published_at END
    FROM programme WHERE programme.product_id = programme_text.product_id
    """,
    """
    CREATE INDEX ix_programme_text_windows ON programme_text USING gin (search_windows(content))
    WITH (fastupdate = off)
    """,
    "ALTER INDEX ix_programme_text_windows ALTER COLUMN 1 SET STATISTICS 0",
    "ALTER TABLE programme_text ALTER COLUMN is_featured SET NOT NULL, ALTER COLUMN is_premium SET NOT NULL",
    POSTGRESQL_ADDED.format(columns=KEYS, values=KEYS_OF_NEW),
    POSTGRESQL_LISTED_ANEW.format(following=FOLLOWING),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL_UPGRADE:
            op.execute(statement)
        return
    _follow_in_sqlite(columns="", values="", following="")
    _make_texts_anew_in_sqlite()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL_DOWNGRADE:
            op.execute(statement)
        return
    _follow_in_sqlite(columns=KEYS, values=KEYS_OF_NEW, following=FOLLOWING)
    _make_texts_anew_in_sqlite(
        sa.Column("is_featured", sa.Boolean(), nullable=False),
        sa.Column("is_premium", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
    )


def _follow_in_sqlite(*, columns: str, values: str, following: str) -> None:
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER programme_{name}")
    op.execute(SQLITE_ADDED.format(columns=columns, values=values))
    op.execute(SQLITE_LISTED_ANEW.format(following=following))


def _make_texts_anew_in_sqlite(*keys: sa.Column) -> None:
    """By the same numbers, so that the index of words still holds.

    Not by a table that is renamed, which SQLite refuses while triggers of others name it.
    """
    op.execute("CREATE TEMP TABLE kept_text AS SELECT id, product_id, content FROM programme_text")
    op.drop_table("programme_text")
    op.create_table(
        "programme_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        *keys,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_text")),
        sa.UniqueConstraint("product_id", name=op.f("uq_programme_text_product_id")),
    )
    values = ", is_featured, is_premium, CASE WHEN is_published THEN published_at END" if keys else ""
    op.execute(
        f"INSERT INTO programme_text (id, product_id, content{KEYS if keys else ''}) "  # noqa: S608 - words of ours
        f"SELECT id, product_id, content{values} FROM kept_text JOIN programme USING (product_id)"
    )
    op.execute("DROP TABLE kept_text")
    for statement in SQLITE_OF_TEXT:
        op.execute(statement)
