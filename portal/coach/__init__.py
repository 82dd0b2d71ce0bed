"""The studio: where coaches make their programmes."""
