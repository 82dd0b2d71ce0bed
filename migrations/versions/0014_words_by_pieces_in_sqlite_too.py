"""Words by pieces in SQLite, too

SQLite's index of words holds the same pieces as PostgreSQL's (0013), in place of trigrams with their places in the text.
Several common words are found without the places of each being compared, and words of one or two letters are found by
the index, which knew nothing of them. It takes half the room.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# A column of FTS5 is a text, so the pieces stand in one, parted by spaces; whatever else a piece has belongs to it. What
# begins with one to three characters FTS5 keeps by itself (`prefix`). It reads the view where the index is made anew, and
# then has no use of virtual tables, as json_each is one.
PIECES = (
    """
    CREATE VIEW programme_pieces (id, pieces) AS
    SELECT id, (
        WITH RECURSIVE words (word, rest) AS (
            SELECT '', replace(replace(replace(lower(content), char(10), ' '), char(13), ' '), char(9), ' ') || ' '
            UNION ALL
            SELECT substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) FROM words WHERE rest <> ''
        ),
        ends (word) AS (
            SELECT DISTINCT word FROM words
            UNION ALL
            SELECT substr(word, 2) FROM ends WHERE word <> ''
        )
        SELECT group_concat(
            substr(word, 1, 4) || CASE WHEN substr(word, 8, 1) <> '' THEN ' ' || substr(word, 1, 8) ELSE '' END, ' '
        ) FROM ends
    )
    FROM programme_text
    """,
    """
    CREATE VIRTUAL TABLE programme_words USING fts5 (
        pieces, content = 'programme_pieces', content_rowid = 'id', detail = none, columnsize = 0, prefix = '1 2 3',
        tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
    )
    """,
    "INSERT INTO programme_words (programme_words) VALUES ('rebuild')",
    """
    CREATE TRIGGER programme_text_added AFTER INSERT ON programme_text BEGIN
        INSERT INTO programme_words (rowid, pieces) SELECT id, pieces FROM programme_pieces WHERE id = NEW.id;
    END
    """,
    # FTS5 has to be told what a text had: the view knows it until the text is changed.
    """
    CREATE TRIGGER programme_text_is_reworded BEFORE UPDATE OF content ON programme_text BEGIN
        INSERT INTO programme_words (programme_words, rowid, pieces)
        SELECT 'delete', id, pieces FROM programme_pieces WHERE id = OLD.id;
    END
    """,
    """
    CREATE TRIGGER programme_text_reworded AFTER UPDATE OF content ON programme_text BEGIN
        INSERT INTO programme_words (rowid, pieces) SELECT id, pieces FROM programme_pieces WHERE id = NEW.id;
    END
    """,
    """
    CREATE TRIGGER programme_text_is_removed BEFORE DELETE ON programme_text BEGIN
        INSERT INTO programme_words (programme_words, rowid, pieces)
        SELECT 'delete', id, pieces FROM programme_pieces WHERE id = OLD.id;
    END
    """,
)
NO_PIECES = (
    "DROP TRIGGER programme_text_added",
    "DROP TRIGGER programme_text_is_reworded",
    "DROP TRIGGER programme_text_reworded",
    "DROP TRIGGER programme_text_is_removed",
    "DROP TABLE programme_words",
    "DROP VIEW programme_pieces",
)
TRIGRAMS = (
    """
    CREATE VIRTUAL TABLE programme_words
    USING fts5 (content, content = 'programme_text', content_rowid = 'id', tokenize = 'trigram')
    """,
    "INSERT INTO programme_words (programme_words) VALUES ('rebuild')",
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
NO_TRIGRAMS = (
    "DROP TRIGGER programme_text_added",
    "DROP TRIGGER programme_text_reworded",
    "DROP TRIGGER programme_text_removed",
    "DROP TABLE programme_words",
)


def upgrade() -> None:
    _execute_in_sqlite(*NO_TRIGRAMS, *PIECES)


def downgrade() -> None:
    _execute_in_sqlite(*NO_PIECES, *TRIGRAMS)


def _execute_in_sqlite(*statements: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in statements:
            op.execute(statement)
