"""A stand-in for Mux's video API, so that a portal built on Mux runs whole on a laptop."""
