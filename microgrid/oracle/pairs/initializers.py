"""Rows of initializers."""

PAIRS = ()
