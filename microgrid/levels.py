"""Levels: every derivative under way has one of its own, so that no variable is taken for another.

The level of a derivative is above that of every derivative under way, in whatever thread, and of every Value
in a Value that exists.
"""

from contextlib import contextmanager
from threading import Lock

from .kinds import SEEN

_lock = Lock()
_under_way = []  # the levels of derivatives
_deepest = {"outside": 1, "inside": 1}  # the deepest Value in a Value made outside of all of them, or inside


def nested(level):
    """Remembers that a Value of this level was made by hand."""
    with _lock:
        where = "inside" if _under_way else "outside"
        _deepest[where] = max(level, _deepest[where])


@contextmanager
def above(lowest):
    """A level above `lowest` and all others, for as long as a derivative is under way."""
    with _lock:
        level = 1 + max(lowest, *_deepest.values(), *_under_way)
        _under_way.append(level)
        SEEN.add(above)  # shuts the quick ways of fused.py
    try:
        yield level
    finally:
        with _lock:
            _under_way.remove(level)
            if not _under_way:
                _deepest["inside"] = 1
                SEEN.discard(above)
