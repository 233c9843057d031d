"""Checking a gradient: microgrid.oracle and JAX's own checker, how long each takes and what each finds."""
