"""Loops that end by what they compute: iterations towards a limit, and those that give up.

iterations.py        rules for what an iteration tends to
conditions.py        whether a loop waits until its numbers are near enough
limits.py            loops that give up
tolerances.py        rules that iterate to a tolerance of their own
"""
