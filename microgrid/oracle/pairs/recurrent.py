"""Rows of recurrent."""

PAIRS = ()
