"""What nested numbers look like: lists, tuples and dicts of them, and what in them is no number.

A path leads to a number: (2, 0, "bias") is args[2][0]["bias"].
"""

from typing import Any

from .checks import nested, shown
from .kinds import Operations
from .systems import any_number

NUMBER = "number"


class Static:
    """What is no number, such as "sum" or a function: a program is right for this one alone.

    Lists and arrays are copied: who changes one later gives the program another value.
    """

    def __init__(self, value):
        self.value = _copied(value)

    def same(self, other):
        """True for the value that the program was traced with."""
        return _alike(self.value, other)


class Nest:
    """A list, tuple or dict: its kind and keys, and what each of its parts is: NUMBER, a Static or a Nest.

    flat: whether all parts are numbers. width: how many numbers each part has, where all are flat and alike.
    """

    def __init__(self, kind: Any, keys, parts):
        self.kind, self.keys, self.parts = kind, tuple(keys), tuple(parts)
        self.flat = kind is not dict and all(part is NUMBER for part in self.parts)
        rows = kind is not dict and all(isinstance(part, Nest) and part.flat for part in self.parts)
        widths = {len(part.parts) for part in self.parts} if rows else ()
        self.width = next(iter(widths)) if len(widths) == 1 else None

    def made(self, parts):
        """A structure of this kind with other parts."""
        if self.kind is dict:
            return dict(zip(self.keys, parts, strict=True))
        return getattr(self.kind, "_make", self.kind)(parts)  # _make: that of a named tuple

    def items(self):
        """(key, part) pairs."""
        return zip(self.keys, self.parts, strict=True)

    def at(self, path):
        """The part that a path leads to."""
        part = self
        for key in path:
            part = part.parts[part.keys.index(key)]
        return part


def structure(x: Any, told, statics=True):
    """What x looks like. told: who asks, for the TypeError about what is no number, unless statics may be."""
    if statics and (isinstance(x, str | bool | type(None)) or callable(x)):
        return Static(x)
    if isinstance(x, Operations) or any_number(x) is not None:
        return NUMBER
    if isinstance(x, dict) and all(isinstance(key, str) for key in x):
        return Nest(dict, x, [structure(part, told, statics) for part in x.values()])
    if not nested(x):
        raise TypeError(f"{told} must be numbers or nested lists of numbers; got {shown(x)}.")
    kind = type(x) if isinstance(x, tuple) else list
    return Nest(kind, range(len(x)), [structure(part, told, statics) for part in x])


def leaves(like, x: Any) -> list[Any]:
    """The numbers of x, which looks like that, in order; numpy's become Python's.

    >>> x = {"w": [1, 2], "b": 3}
    >>> leaves(structure(x, "x"), x)
    [1, 2, 3]
    """
    if like is NUMBER:
        return [x if isinstance(x, Operations) else any_number(x)]
    if isinstance(like, Static):
        return []
    return [number for key, part in like.items() for number in leaves(part, x[key])]


def filled(like, numbers) -> Any:
    """A structure with numbers from an iterator."""
    if like is NUMBER:
        return next(numbers)
    if isinstance(like, Static):
        return like.value
    return like.made([filled(part, numbers) for part in like.parts])


def paths(like, path: tuple = ()) -> list:
    """The paths of all numbers, in order."""
    if like is NUMBER:
        return [path]
    return (
        []
        if isinstance(like, Static)
        else [p for key, part in like.items() for p in paths(part, (*path, key))]
    )


def described(like):
    """A structure in words: (2, 3) for two lists of three numbers, [(2,), ()] for a list and a number."""
    if isinstance(like, Static):
        return repr(like.value)
    if (shape := _shape(like)) is not None:
        return str(shape)
    if like.kind is dict:
        return "{" + ", ".join(f"{key!r}: {described(part)}" for key, part in like.items()) + "}"
    return f"[{', '.join(map(described, like.parts))}]"


def _shape(like):
    """The shape of nested lists as an array has it, or None."""
    if not isinstance(like, Nest):
        return () if like is NUMBER else None
    shapes = {_shape(part) for part in like.parts}
    if like.kind is dict or len(shapes) > 1 or None in shapes:
        return None
    return (len(like.parts), *(shapes.pop() if shapes else ()))


def _copied(x: Any):
    if type(x) is dict:
        return {key: _copied(part) for key, part in x.items()}
    if isinstance(x, tuple) or type(x) is list:
        return getattr(x, "_make", type(x))(map(_copied, x))
    return x.copy() if hasattr(x, "tobytes") else x


def _alike(x: Any, y: Any):
    """True for two of one type that look and are the same; nan is nan here."""
    if type(x) is not type(y):
        return False
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(_alike(x[key], y[key]) for key in x)
    if isinstance(x, list | tuple):
        return len(x) == len(y) and all(map(_alike, x, y))
    if hasattr(x, "tobytes"):
        return (x.shape, x.dtype, x.tobytes()) == (y.shape, y.dtype, y.tobytes())
    return x is y or bool(x == y) or bool(x != x and y != y)
