"""Where Mux posts its events."""
