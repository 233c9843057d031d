"""Rows of convolution."""

PAIRS = ()
