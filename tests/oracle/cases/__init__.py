"""A set of right and wrong gradients whose labels are proved, and how well checkers tell them apart.

Each case is a function at a point, in `a/` or `b/`: one half was looked at while the oracle was written, the
other was not. A wrong one names the public thread it comes from, or says what its rule gets wrong, and the
primitive to blame; a right one says what its slope is. `labels.py` proves each label in 80 digits or by a
closed form, without the oracle. `python -m tests.oracle.cases` compares checkers on them.
"""

import importlib
import pkgutil

from tests.oracle.cases.case import Case

HALVES = ("a", "b")


def cases(half):
    """The cases of one half, the wrong ones first.

    >>> sorted({case.label for case in cases("a")})
    ['right', 'wrong']
    """
    package = importlib.import_module(f"{__name__}.{half}")
    names = [f"{package.__name__}.{found.name}" for found in pkgutil.iter_modules(package.__path__)]
    modules = map(importlib.import_module, names)
    found = [thing for module in modules for thing in vars(module).values() if isinstance(thing, Case)]
    return sorted(found, key=lambda case: case.label == "right")
