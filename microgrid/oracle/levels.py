"""How strict the tests of a session are: what pytest's --grad-level says, for the fixture and the decorator.

The plugin sets it around each test, so nothing but the standard library is imported here.
"""

from contextvars import ContextVar
from unittest import SkipTest

LEVELS = ("off", "normal", "strict")
LEVEL = ContextVar("grad_level", default="normal")
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
