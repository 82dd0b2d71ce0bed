"""Programmes in frames on other sites, and how those sites find out about it."""
