"""Rows of normalization."""

PAIRS = ()
