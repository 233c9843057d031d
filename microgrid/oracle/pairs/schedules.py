"""Rows of schedules."""

PAIRS = ()
