"""What a test is told: how strict it is, as pytest's --grad-level says, and where a warning of it is shown.

The plugin sets it around each test, so nothing but the standard library is imported here.
"""

import sys
import warnings
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from unittest import SkipTest

LEVELS = ("off", "normal", "strict")
LEVEL = ContextVar("grad_level", default="normal")
PLACE: ContextVar[Any] = ContextVar("place", default=None)  # (file, line) of the decorated test that runs
HERE = str(Path(__file__).parent)
STRICT = ("kink", "imprecise", "approximate")


def checked(f, args, *others, raises=True, **told):
    """What `check_grads` says, as strict as the level: "strict" raises also at a kink, and for what is
    imprecise or approximate. With raises=False the report comes back at every level.

    >>> checked(abs, (0.0,)).verdict
    'kink'
    >>> token = LEVEL.set("strict")
    >>> checked(abs, (0.0,), raises=False).verdict
    'kink'
    >>> LEVEL.reset(token)
    """
    __tracebackhide__ = True
    from .check import GradientError, check_grads

    report = check_grads(f, args, *others, raises=raises, **told)
    if raises and LEVEL.get() == "strict" and report.verdict in STRICT:
        raise GradientError(report)
    return report


def skip_where_off():
    """Skips the test that runs, where the level is "off".

    >>> skip_where_off()
    """
    if LEVEL.get() == "off":
        raise SkipTest("--grad-level=off")  # of unittest: pytest takes it for its own


def warn(message):
    """Warns at the line of the user: that of the decorated test, or the first one outside of this package.

    >>> with warnings.catch_warnings(record=True, action="always") as shown:
    ...     warn("few digits")
    >>> shown[0].filename == __file__
    False
    """
    if place := PLACE.get():
        return warnings.warn_explicit(message, UserWarning, *place)
    level, frame = 1, sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(HERE):
        level, frame = level + 1, frame.f_back
    return warnings.warn(message, stacklevel=level)
