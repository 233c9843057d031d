"""Levels: every derivative under way has one of its own, so that no variable is taken for another.

The level of a derivative is above that of every derivative under way, in whatever thread, and of every Value
in a Value that exists.
"""

from contextlib import contextmanager
from threading import Lock

from .kinds import SEEN

_lock = Lock()
_under_way = []  # the levels of derivatives
_nested = [1]  # the deepest Value in a Value made outside of them, and then those made inside


def nested(level):
    """Remembers that a Value of this level was made by hand."""
    with _lock:
        if level > _nested[-1]:
            _nested[len(_nested) if _under_way and len(_nested) == 1 else -1 :] = [level]


@contextmanager
def above(lowest):
    """A level above `lowest` and all others, for as long as a derivative is under way."""
    with _lock:
        level = 1 + max(lowest, *_nested, *_under_way)
        _under_way.append(level)
        SEEN.add(above)  # shuts the quick ways of fused.py
    try:
        yield level
    finally:
        with _lock:
            _under_way.remove(level)
            if not _under_way:
                del _nested[1:]
                SEEN.discard(above)
