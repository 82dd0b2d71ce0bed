"""What the worker does: asking Mux, paying what is owed to it, finding orphans, forgetting the old."""
