"""The whole portal on a laptop: `make run`. Nothing of it is used in production."""
