"""Rows of embedding."""

PAIRS = ()
