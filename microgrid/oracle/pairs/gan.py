"""Rows of gan."""

PAIRS = ()
