"""From the text of a program to a function: its code, and what its names mean in a number system."""

import ast
import linecache
import math
from itertools import count

from ..fused import FLOATS, largest
from ..kinds import Operations
from ..systems import functions
from .writing import folded

_number = count(1)


def compiled(source):
    """The code of a source. Its text is registered, so that tracebacks show it."""
    file = f"<microgrid program {next(_number)}: {source.title}>"
    linecache.cache[file] = (len(source.text), None, source.text.splitlines(keepends=True), file)
    tree = ast.parse(source.text)
    if source.inner:
        # Python is faster with the first 256 names of a function: let those in loops be the first.
        first = " = ".join(dict.fromkeys(source.inner))
        tree.body[0].body[:0] = ast.parse(f"if 0: {first} = 0").body  # pyright: ignore[reportAttributeAccessIssue]
    return compile(tree, file, "exec")


def function(source, code, system, numbers):
    """The function of a source for the numbers of a system, of which some are given."""
    space = dict(source.constants)
    if not source.floats:
        like = next((x for x in numbers if type(x) is not int), 0)
        space["flows"] = _flows
        space["max"] = lambda *xs: largest(xs)
        space["whole"] = lambda x: system.whole(x, like) if type(x) in FLOATS else x
    space |= {name: _of_system(system, name) for name in source.calls if name not in space}
    exec(code, space)
    return space[source.title]


def _flows(gradient):
    """True unless a gradient is exactly 0; one that can be differentiated again may have a slope itself."""
    return isinstance(gradient, Operations) or not gradient == 0  # of a ball around 0 that is not known


def _of_system(system, name):
    """A function of a number system; one that it lacks says so when it is called."""
    try:
        return getattr(system, name)
    except TypeError as error:
        lacking = error

    def refuse(*_):
        raise lacking

    return refuse


def header(source):
    """The lines that the text of a source for floats needs to run by itself."""
    system = functions(0.0)
    plain = [name for name in sorted(source.calls) if getattr(math, name, None) is getattr(system, name)]
    own = [name for name in sorted(source.calls) if name not in plain]
    lines = [f"from math import {', '.join(plain)}"] if plain else []
    if own:
        lines += ["from microgrid.systems import functions", ""]
        lines += [f"{name} = functions(1.0).{name}" for name in own]
    for name, value in source.constants.items():
        if isinstance(value, tuple) and isinstance(value[0], tuple):
            lines += [f"{name} = (", *[f"    {row!r}," for row in value], ")"]
        else:
            lines += folded(f"{name} = ", repr(value), "", 0)
    return [*lines, "", ""] if lines else []
