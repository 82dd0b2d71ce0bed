"""The benchmarks: what the portal does under load, measured on the real thing. `make bench` runs them."""
