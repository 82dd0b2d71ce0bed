"""Lists that stay quick

Tags of published programmes and the text of all of them get tables of their own, which triggers keep, with indexes
that lists and searches go by; and the lists that had no index get one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = {
    "ix_programme_created": ("programme", ["created_at", "product_id"]),
    "ix_programme_premium": ("programme", ["is_published", "is_premium", "published_at", "product_id"]),
    "ix_programme_status": ("programme", ["status", "created_at", "product_id"]),
    "ix_notice_created_at": ("notice", ["created_at"]),
    "ix_user_role": ("user", ["role", "id"]),
}

POSTGRESQL = (
    """
    CREATE FUNCTION search_windows(content text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $$
        SELECT array_to_tsvector(coalesce(array_agg(substr(word, place, 16)), '{}'))
        FROM unnest(string_to_array(translate(lower(content), E'\\n\\r\\t', '   '), ' ')) AS word,
            generate_series(1, length(word)) AS place
    $$
    """,
    "ALTER TABLE programme_text SET (fillfactor = 80)",  # publication finds room beside the row: no index is touched
    """
    CREATE FUNCTION programme_was_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO programme_text (product_id, content, is_featured, is_premium, published_at)
        VALUES (NEW.product_id, NEW.title || E'\\n' || NEW.description, NEW.is_featured, NEW.is_premium,
            CASE WHEN NEW.is_published THEN NEW.published_at END);
        IF NEW.is_published THEN
            INSERT INTO programme_tag (tag, published_at, product_id, is_featured, is_premium)
            SELECT DISTINCT tag, NEW.published_at, NEW.product_id, NEW.is_featured, NEW.is_premium
            FROM jsonb_array_elements_text(NEW.tags) AS tags (tag);
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION programme_was_listed_anew() RETURNS trigger LANGUAGE plpgsql AS $$
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
        UPDATE programme_text SET is_featured = NEW.is_featured, is_premium = NEW.is_premium,
            published_at = CASE WHEN NEW.is_published THEN NEW.published_at END
        WHERE product_id = NEW.product_id;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION programme_was_reworded() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE programme_text SET content = NEW.title || E'\\n' || NEW.description WHERE product_id = NEW.product_id;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION programme_was_removed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM programme_tag
        WHERE tag IN (SELECT jsonb_array_elements_text(OLD.tags))
            AND published_at = OLD.published_at AND product_id = OLD.product_id;
        DELETE FROM programme_text WHERE product_id = OLD.product_id;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER programme_added AFTER INSERT ON programme
    FOR EACH ROW EXECUTE FUNCTION programme_was_added()
    """,
    """
    CREATE TRIGGER programme_listed_anew
    AFTER UPDATE OF is_published, published_at, tags, is_featured, is_premium ON programme
    FOR EACH ROW WHEN (
        (OLD.is_published OR NEW.is_published)
        AND (OLD.is_published, OLD.published_at, OLD.tags, OLD.is_featured, OLD.is_premium)
            IS DISTINCT FROM (NEW.is_published, NEW.published_at, NEW.tags, NEW.is_featured, NEW.is_premium)
    ) EXECUTE FUNCTION programme_was_listed_anew()
    """,
    """
    CREATE TRIGGER programme_reworded AFTER UPDATE OF title, description ON programme
    FOR EACH ROW WHEN ((OLD.title, OLD.description) IS DISTINCT FROM (NEW.title, NEW.description))
    EXECUTE FUNCTION programme_was_reworded()
    """,
    """
    CREATE TRIGGER programme_removed AFTER DELETE ON programme
    FOR EACH ROW EXECUTE FUNCTION programme_was_removed()
    """,
)
# Nobody plans by statistics of windows, which take long to gather; and a search need not look through what is pending.
POSTGRESQL_INDEX = (
    """
    CREATE INDEX ix_programme_text_windows ON programme_text USING gin (search_windows(content))
    WITH (fastupdate = off)
    """,
    "ALTER INDEX ix_programme_text_windows ALTER COLUMN 1 SET STATISTICS 0",
)
POSTGRESQL_FILL = """
    INSERT INTO programme_tag (tag, published_at, product_id, is_featured, is_premium)
    SELECT DISTINCT tag, published_at, product_id, is_featured, is_premium
    FROM programme, jsonb_array_elements_text(tags) AS tags (tag) WHERE is_published
"""

SQLITE_INDEX = """
    CREATE VIRTUAL TABLE programme_words
    USING fts5 (content, content = 'programme_text', content_rowid = 'id', tokenize = 'trigram')
"""
SQLITE = (
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
    """
    CREATE TRIGGER programme_added AFTER INSERT ON programme BEGIN
        INSERT INTO programme_text (product_id, content, is_featured, is_premium, published_at)
        VALUES (NEW.product_id, NEW.title || char(10) || NEW.description, NEW.is_featured, NEW.is_premium,
            CASE WHEN NEW.is_published THEN NEW.published_at END);
        INSERT INTO programme_tag (tag, published_at, product_id, is_featured, is_premium)
        SELECT DISTINCT value, NEW.published_at, NEW.product_id, NEW.is_featured, NEW.is_premium
        FROM json_each(NEW.tags) WHERE NEW.is_published;
    END
    """,
    """
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
        UPDATE programme_text SET is_featured = NEW.is_featured, is_premium = NEW.is_premium,
            published_at = CASE WHEN NEW.is_published THEN NEW.published_at END
        WHERE product_id = NEW.product_id;
    END
    """,
    """
    CREATE TRIGGER programme_reworded AFTER UPDATE OF title, description ON programme
    WHEN (OLD.title, OLD.description) IS NOT (NEW.title, NEW.description) BEGIN
        UPDATE programme_text SET content = NEW.title || char(10) || NEW.description WHERE product_id = NEW.product_id;
    END
    """,
    """
    CREATE TRIGGER programme_removed AFTER DELETE ON programme BEGIN
        DELETE FROM programme_tag
        WHERE tag IN (SELECT value FROM json_each(OLD.tags))
            AND published_at = OLD.published_at AND product_id = OLD.product_id;
        DELETE FROM programme_text WHERE product_id = OLD.product_id;
    END
    """,
)
SQLITE_FILL = """
    INSERT INTO programme_tag (tag, published_at, product_id, is_featured, is_premium)
    SELECT DISTINCT value, published_at, product_id, is_featured, is_premium
    FROM programme, json_each(tags) WHERE is_published
"""
FILL_TEXT = """
    INSERT INTO programme_text (product_id, content, is_featured, is_premium, published_at)
    SELECT product_id, title || '\n' || description, is_featured, is_premium, CASE WHEN is_published THEN published_at END
    FROM programme ORDER BY created_at
"""


def upgrade() -> None:
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    op.create_table(
        "programme_tag",
        sa.Column("tag", sa.String(length=50), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("is_featured", sa.Boolean(), nullable=False),
        sa.Column("is_premium", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tag", "published_at", "product_id", name=op.f("pk_programme_tag")),
    )
    op.create_table(
        "programme_text",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("is_featured", sa.Boolean(), nullable=False),
        sa.Column("is_premium", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_text")),
        sa.UniqueConstraint("product_id", name=op.f("uq_programme_text_product_id")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _follow_in_sqlite()
    else:
        _follow_in_postgresql()
    op.create_index("ix_programme_tag_catalogue", "programme_tag", ["tag", "is_featured", "published_at", "product_id"])


def downgrade() -> None:
    for name in ("added", "listed_anew", "reworded", "removed"):
        is_sqlite = op.get_bind().dialect.name == "sqlite"
        op.execute(f"DROP TRIGGER programme_{name}" + ("" if is_sqlite else " ON programme"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION programme_was_{name}()")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE programme_words")
    op.drop_table("programme_text")
    op.drop_table("programme_tag")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION search_windows(text)")
    for name, (table, _columns) in INDEXES.items():
        op.drop_index(name, table_name=table)


def _follow_in_sqlite() -> None:
    try:
        op.execute(SQLITE_INDEX)
    except sa.exc.OperationalError as error:
        raise SystemExit(
            "The portal's search needs SQLite 3.34 or newer with FTS5; "
            f"this Python has {op.get_bind().dialect.dbapi.sqlite_version}: use another Python, or PostgreSQL."
        ) from error
    for statement in (*SQLITE, FILL_TEXT, SQLITE_FILL):
        op.execute(statement)


def _follow_in_postgresql() -> None:
    for statement in (*POSTGRESQL, FILL_TEXT, POSTGRESQL_FILL, *POSTGRESQL_INDEX):
        op.execute(statement)
