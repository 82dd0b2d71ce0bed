"""Counting what is asked of the database, as the benchmarks count it."""

from bench.queries import queries_of

__all__ = ("queries_of",)
