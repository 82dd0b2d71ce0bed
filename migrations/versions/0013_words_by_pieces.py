"""Words by pieces

PostgreSQL's index of words holds pieces of four and of eight characters from each place of each word, in place of the
sixteen characters that follow it. A word is asked for by whole pieces, not by how they begin: texts that have several
common words are found without all texts of each of them being collected first. Only words of less than four characters
are asked for as before, by what begins with them; so pieces of four are shorter at the end of a word.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Told in the list of columns and not by a function to select from, which would keep all that it tells in memory first.
PIECES = (
    r"""
    CREATE FUNCTION search_pieces(content text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $$
        SELECT array_to_tsvector(ARRAY(
            SELECT substr(word, generate_series(1, length(word) - at_least + 1), size)
            FROM (
                SELECT DISTINCT unnest(string_to_array(translate(lower(content), E'\n\r\t', '   '), ' ')) AS word
            ) AS words, (VALUES (4, 1), (8, 8)) AS sizes (size, at_least)
        ))
    $$
    """,
    # What to ask for: the largest pieces that the word has, each where the one before ends, the last at the word's end.
    # Not for parallel plans: to start processes takes longer than any search for words.
    r"""
    CREATE FUNCTION search_cover(word text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT AS $$
        SELECT string_agg(
            quote || replace(replace(substr(lowered, least(place, length(lowered) - size + 1), size), '\', '\\'),
                quote, quote || quote) || quote || CASE WHEN size < 4 THEN ':*' ELSE '' END,
            ' & ' ORDER BY place
        )
        FROM (SELECT lower(word) AS lowered, '''' AS quote) AS words,
            LATERAL (
                SELECT CASE WHEN length(lowered) >= 8 THEN 8 WHEN length(lowered) >= 4 THEN 4 ELSE length(lowered) END
            ) AS sizes (size),
            generate_series(1, length(lowered), size) AS place
    $$
    """,
    """
    CREATE INDEX ix_programme_text_pieces ON programme_text USING gin (search_pieces(content)) WITH (fastupdate = off)
    """,
    "ALTER INDEX ix_programme_text_pieces ALTER COLUMN 1 SET STATISTICS 0",
)
NO_PIECES = (
    "DROP INDEX ix_programme_text_pieces",
    "DROP FUNCTION search_cover(text)",
    "DROP FUNCTION search_pieces(text)",
)
WINDOWS = (
    """
    CREATE FUNCTION search_windows(content text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $$
        SELECT array_to_tsvector(coalesce(array_agg(substr(word, place, 16)), '{}'))
        FROM unnest(string_to_array(translate(lower(content), E'\\n\\r\\t', '   '), ' ')) AS word,
            generate_series(1, length(word)) AS place
    $$
    """,
    """
    CREATE INDEX ix_programme_text_windows ON programme_text USING gin (search_windows(content))
    WITH (fastupdate = off)
    """,
    "ALTER INDEX ix_programme_text_windows ALTER COLUMN 1 SET STATISTICS 0",
)
NO_WINDOWS = ("DROP INDEX ix_programme_text_windows", "DROP FUNCTION search_windows(text)")


def upgrade() -> None:
    _execute_in_postgresql(*NO_WINDOWS, *PIECES)


def downgrade() -> None:
    _execute_in_postgresql(*NO_PIECES, *WINDOWS)


def _execute_in_postgresql(*statements: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in statements:
            op.execute(statement)
