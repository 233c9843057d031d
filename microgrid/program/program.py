"""Program: a traced function, compiled for the kinds of numbers that it is called with."""

from typing import Any

from ..finite import finite
from ..kinds import TRACED, Operations, kind_of
from ..structures import NUMBER, Static, described, filled, paths, structure
from ..systems import any_number, common, functions
from ..transforms import value_and_grad
from ..value import Value
from .arguments import flattener
from .compiling import FLOATS, compiled, function, header
from .formulas import formula
from .graph import LEAVES, reachable
from .source import Source
from .steps import steps


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
        nodes = reachable(recording.outputs)
        self._operations = sum(node.op not in LEAVES for node in nodes)
        self._constants = list(
            {type(node.data): node.data for node in nodes if node.op == "constant"}.values()
        )
        self.wrt = self._places(wrt) if self._like.parts else wrt

    def __call__(self, *args, **named):
        args, numbers, kinds = self._checked(args, named)
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

    def value_and_grad(self, *args, wrt: Any = None, **named):
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
        args, numbers, kinds = self._checked(args, named)
        if not kinds <= FLOATS and getattr(kind_of(numbers), "level", 0) == TRACED:
            raise TypeError(
                f"{self.__name__}: value_and_grad cannot be traced. Fix: call it outside the traced function."
            )
        value, gradient = self._run(wrt, args, numbers, kinds)
        if not finite(value):
            return value_and_grad(self.__wrapped__, wrt)(*args)  # which says where it began
        return value, gradient

    @property
    def source(self):
        """The program for floats as text: forward and, for one result, backward by the arguments `wrt`."""
        source = self._written(True, self.wrt if self._scalar and self._like.parts else None)[0]
        return "\n".join([*header(source), source.text])

    @property
    def nodes(self):
        """The operations of the forward pass in order, each with name, operation, operands and text."""
        return steps(self._written(True, None)[0])

    def __repr__(self):
        named = zip(self._recording.parameters, self._like.parts, strict=True)
        arguments = ", ".join(f"{name}: {described(part)}" for name, part in named)
        return f"Program({self.__name__}({arguments}): {self._operations} operations)"

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

    def _checked(self, args, named) -> Any:
        """(args, their numbers, the kinds of these); numpy's numbers become Python's."""
        if named:
            raise TypeError(
                f"{self.__name__}: arguments must come in their places; got {', '.join(named)} by name."
            )
        if len(args) != len(self._like.parts):
            raise TypeError(f"{self.__name__}: takes {len(self._like.parts)} arguments; got {len(args)}.")
        try:
            numbers = self._flatten(args)
        except (LookupError, TypeError, AttributeError):
            raise self._mismatch(args) from None
        if (kinds := set(map(type, numbers))) <= FLOATS:
            return args, numbers, kinds
        plain = [x if isinstance(x, Operations) else any_number(x) for x in numbers]
        if any(x is None for x in plain):
            raise self._mismatch(args)
        plain = [int(x) if isinstance(x, bool) else x for x in plain]
        return filled(self._like, iter(plain)), plain, set(map(type, plain))

    def _mismatch(self, args):
        """The error about the argument that does not look like its example."""
        for name, part, x in zip(self._recording.parameters, self._like.parts, args, strict=True):
            told = f"{self.__name__}: {name}"
            got = described(Static(x) if isinstance(part, Static) else structure(x, told))
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
            source, code = self._written(floats, wrt)
            made = function(source, code, system or functions(0.0), numbers)
            self._functions[wrt, system] = made
        return self._functions[wrt, system]

    def _written(self, floats, wrt):
        """(source, code) for floats or for all others, with the gradient for wrt unless that is None."""
        if (floats, wrt) not in self._sources:
            recording = self._recording
            title = recording.title if wrt is None else f"{recording.title}_and_gradient"
            source = Source(title, recording.parameters, formula(recording, floats, wrt))
            self._sources[floats, wrt] = source, compiled(source)
        return self._sources[floats, wrt]


def _at(structure: Any, path):
    for key in path:
        structure = structure[key]
    return structure
