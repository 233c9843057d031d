"""Checking a gradient: microgrid.oracle beside JAX's own checker, how long each takes and what each sees."""
