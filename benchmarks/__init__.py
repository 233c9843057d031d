"""Measurements against the best alternatives; `make bench` runs them and writes RESULTS.md."""
