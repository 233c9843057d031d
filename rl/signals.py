"""Ctrl-C at a moment where it may come."""

import signal
import threading
from contextlib import contextmanager


@contextmanager
def uninterrupted():
    """Holds Ctrl-C back until the block is done.

    Python handles signals in its main thread alone: in another one there is nothing to hold back.

    >>> with uninterrupted():
    ...     learnt = 1
    >>> learnt
    1
    """
    usual = signal.getsignal(signal.SIGINT)
    if not callable(usual) or threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = []
    signal.signal(signal.SIGINT, lambda *signaled: asked.append(signaled))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if asked:
            usual(*asked[0])
