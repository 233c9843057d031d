"""Program: a traced function, compiled for the kinds of numbers that it is called with."""

import ast
import linecache
import math
from itertools import count
from typing import Any

from ..fused import largest
from ..kinds import TRACED, Operations, kind_of
from ..systems import common, functions, number
from ..transforms import value_and_grad
from ..value import Value
from .arguments import NUMBER, Static, described, filled, flattener, in_kind, paths, structure
from .formulas import formula
from .graph import LEAVES, reachable
from .source import Source
from .steps import steps
from .writing import folded

FLOATS = {float, int}
_made = count(1)


class Program:
    """A function of numbers as straight-line code. `trace` makes them.

    Called with numbers of any system, in the structure that it was traced for, it returns what the function
    returns. Called with Values it returns one Value, whose slopes come from the compiled backward pass.

    wrt: the argument, or the tuple of arguments, that gradients are for where nothing else is said.
    """

    def __init__(self, f, recording, wrt: Any):
        self.__name__, self.__wrapped__ = recording.title, f
        self._recording, self._like = recording, recording.like
        self._scalar = recording.results is NUMBER
        self._flatten, self._sources, self._functions = flattener(self._like), {}, {}
        constants = [node.data for node in reachable(recording.outputs) if node.op == "constant"]
        self._constants = list({type(x): x for x in constants}.values())
        self.wrt = self._places(wrt) if self._like.parts else wrt

    def __call__(self, *args):
        args, numbers, kinds = self._checked(args)
        kind = None if kinds <= FLOATS else kind_of(numbers)
        if kind is not None and kind.level == TRACED:
            return self.__wrapped__(*args)
        if kind is None or not self._scalar:
            return self._run(None, args, numbers, kinds)
        plain = [x.data if kind.holds(x) else x for x in numbers]
        mine = [path for path, x in zip(paths(self._like), numbers, strict=True) if kind.holds(x)]
        wrt: Any = tuple(dict.fromkeys(path[0] for path in mine))
        value, gradients = self._run(wrt, filled(self._like, iter(plain)), plain, set(map(type, plain)))
        slopes = tuple(_at(gradients, (wrt.index(path[0]), *path[1:])) for path in mine)
        return kind.operation(value, tuple(_at(args, path) for path in mine), slopes, self.__name__)

    def value_and_grad(self, *args, wrt: Any = None):
        """The value, and its gradient in the structure of the argument wrt; for a tuple, one for each.

        Raises TypeError if the function returns more than one number, and ValueError for a result that is nan
        or infinite by mistake.

        >>> from microgrid.program import trace
        >>> trace(lambda x, y: x * y, 1.0, 1.0).value_and_grad(2.0, 3.0, wrt=(0, 1))
        (6.0, (3.0, 2.0))
        """
        if not self._scalar:
            raise TypeError(
                f"{self.__name__}: a gradient is that of one number; the function returns a structure "
                f"{described(self._recording.results)}."
            )
        wrt = self._places(self.wrt if wrt is None else wrt)
        args, numbers, kinds = self._checked(args)
        value, gradient = self._run(wrt, args, numbers, kinds)
        if kinds <= FLOATS:
            if math.isfinite(value):
                return value, gradient
            return value_and_grad(self.__wrapped__, wrt)(*args)  # which says where it began
        return value, in_kind(gradient, tuple(args[i] for i in wrt) if isinstance(wrt, tuple) else args[wrt])

    @property
    def source(self):
        """The program for floats as text: forward and, for one result, backward by the arguments `wrt`."""
        source = self._source(True, self.wrt if self._scalar else None)
        return "\n".join([*_header(source), source.text])

    @property
    def nodes(self):
        """The operations of the forward pass in order, each with name, operation, operands and text."""
        return steps(self._source(True, None))

    def __repr__(self):
        named = zip(self._recording.parameters, self._like.parts, strict=True)
        arguments = ", ".join(f"{name}: {described(part)}" for name, part in named)
        forward = self._operations(None)
        backward = f", {self._operations(self.wrt) - forward} backward" if self._scalar else ""
        return f"Program({self.__name__}({arguments}): {forward} operations forward{backward})"

    def _operations(self, wrt):
        return sum(node.op not in LEAVES | {"row", "fused"} for node in self._source(True, wrt).survey.live)

    def _places(self, wrt) -> Any:
        """wrt, if it names arguments that hold numbers."""
        places, parts = tuple(wrt) if isinstance(wrt, tuple | list) else (wrt,), self._like.parts
        for i in places:
            whole = isinstance(i, int) and not isinstance(i, bool)
            if not whole or not 0 <= i < len(parts) or isinstance(parts[i], Static):
                raise ValueError(
                    f"{self.__name__}: wrt must be places of arguments that are numbers; got {wrt!r}."
                )
        return places if isinstance(wrt, tuple | list) else wrt

    def _checked(self, args) -> Any:
        """(args, their numbers, the kinds of these); numpy's numbers become Python's."""
        if len(args) != len(self._like.parts):
            raise TypeError(f"{self.__name__}: takes {len(self._like.parts)} arguments; got {len(args)}.")
        try:
            numbers = self._flatten(args)
        except (LookupError, TypeError, AttributeError):
            raise self._mismatch(args) from None
        if (kinds := set(map(type, numbers))) <= FLOATS:
            return args, numbers, kinds
        plain = [x if isinstance(x, Operations) else number(x) for x in numbers]
        if any(x is None for x in plain):
            raise self._mismatch(args)
        plain = [int(x) if isinstance(x, bool) else x for x in plain]
        return filled(self._like, iter(plain)), plain, set(map(type, plain))

    def _mismatch(self, args):
        """The error about the argument that does not look like its example."""
        for name, part, x in zip(self._recording.parameters, self._like.parts, args, strict=True):
            told = f"{self.__name__}: {name}"
            got = described(structure(x, told))
            if got != described(part):
                return ValueError(
                    f"{told} must have the structure it was traced with, {described(part)}; got {got}. "
                    f"Fix: trace the function again."
                )
        return ValueError(f"{self.__name__}: arguments must have the structure they were traced with.")

    def _run(self, wrt: Any, args, numbers, kinds) -> Any:
        """What the compiled function returns; where it fails, what Values make of it.

        That is the sentence of the error, or a slope that the table declares to be infinite.
        """
        function = self._function(wrt, numbers, kinds)
        try:
            return function(*args)
        except (ArithmeticError, ValueError, TypeError):
            pass
        if wrt is not None:
            return value_and_grad(self.__wrapped__, wrt)(*args)
        result = self.__wrapped__(*filled(self._like, map(Value, numbers)))
        like = self._recording.results
        return filled(like, (x.data if isinstance(x, Value) else x for x in flattener(like)(result)))

    def _function(self, wrt, numbers, kinds):
        """The compiled function for numbers of these kinds."""
        floats = float in kinds and kinds <= FLOATS
        given = dict(zip(map(type, numbers), numbers, strict=True)).values()
        system = None if floats else common(self.__name__, *given, *self._constants)
        if (wrt, system) not in self._functions:
            source = self._source(floats, wrt)
            space = _space(source, system or functions(0.0), numbers)
            exec(source.code, space)
            self._functions[wrt, system] = space[source.title]
        return self._functions[wrt, system]

    def _source(self, floats, wrt):
        if (floats, wrt) not in self._sources:
            recording = self._recording
            title = recording.title if wrt is None else f"{recording.title}_and_gradient"
            source = Source(title, recording.parameters, formula(recording, floats, wrt))
            self._sources[floats, wrt] = source
            source.code = _compiled(source)
        return self._sources[floats, wrt]


def _at(structure: Any, path):
    for key in path:
        structure = structure[key]
    return structure


def _compiled(source):
    """The code of a source; its text is registered, so that tracebacks show it.

    Python is faster with the first 256 names of a function than with the others: those in loops come first.
    """
    file = f"<microgrid program {next(_made)}: {source.title}>"
    linecache.cache[file] = (len(source.text), None, source.text.splitlines(keepends=True), file)
    tree = ast.parse(source.text)
    if source.inner:
        assigned = " = ".join(dict.fromkeys(source.inner))
        tree.body[0].body[:0] = ast.parse(f"if 0: {assigned} = 0").body  # pyright: ignore: never run
    return compile(tree, file, "exec")


def _space(source, system, numbers):
    """What the names of a source mean in a number system. numbers: some of it."""
    like = next((x for x in numbers if type(x) is not int), 0)
    special = {
        "flows": lambda gradient: (
            isinstance(gradient, Operations) or bool(gradient)
        ),  # it may have a slope itself
        "max": lambda *xs: largest(xs),
        "whole": lambda x: system.whole(x, like) if type(x) is int else x,
    }
    space = {} if source.floats else special
    return (
        space | {name: getattr(system, name) for name in source.calls if name not in space} | source.constants
    )


def _header(source):
    """The lines that a source needs to run by itself."""
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
