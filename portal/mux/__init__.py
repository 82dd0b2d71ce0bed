"""All that is said to Mux or heard from it. Knows no tables."""
