"""Who has what to watch, and how it is changed."""
