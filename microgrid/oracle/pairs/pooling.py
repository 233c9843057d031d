"""Rows of pooling."""

PAIRS = ()
