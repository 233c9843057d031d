"""Reasons that mutants of several topics share."""

DISCARDED = "the number stands where the outer `where` discards value and slope, and the inner one the slope"
MEETING_POINT = "the two forms meet there, and each is as accurate as the bound asks on both sides"
CLAMPED = "JAX takes the last number of an axis, here the only one, for one behind it"
