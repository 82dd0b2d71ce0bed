"""The ways to the database beside and below SQLAlchemy's session: docs/ways-to-the-database.md. Knows no tables."""
