"""The letters of a formula: which variables held which traced numbers while `trace` ran the function."""

import sys
from pathlib import Path

from .traced import HERE, Traced

# Files whose variables are the engine's own, and say nothing about a formula.
ENGINE = "checks derivatives finite fused kinds methods operations program systems transforms value"
ENGINE = tuple(str(Path(HERE, name)) for name in ENGINE.split())
DEEPEST = 8  # nesting beyond which nobody reads an index; so lists that hold themselves come to an end


class Letters:
    """While it is entered, notes the variables of every function that returns.

    outer: recorded node -> (depth, steps, name), that of the function nearest to the traced one.
    nearest: recorded node -> (steps, depth, name), that with the fewest indices: z rather than layer0_3.
    """

    def __init__(self):
        self.outer, self.nearest = {}, {}
        self._depth, self._met, self._before = 0, {}, None

    def __enter__(self):
        self._before = sys.getprofile()
        self._depth = 1  # 0 in the traced function, when this one has returned
        if self._before is None or callable(self._before):  # cProfile's cannot be given back: no letters then
            sys.setprofile(self._event)
        return self

    def __exit__(self, *_):
        if self._before is None or callable(self._before):
            sys.setprofile(self._before)

    def _event(self, frame, event, _):
        if event == "call":
            self._depth += 1
        elif event == "return":
            self._depth -= 1
            if not frame.f_code.co_filename.startswith(ENGINE):
                self._returned(frame.f_code, frame.f_locals)

    def _returned(self, code, variables):
        given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        for name, x in variables.items():
            if name.isidentifier() and name not in code.co_freevars:
                self._offer(name, x, name in given)

    def _offer(self, name, x, given):
        """A name for a traced number, or for those in nested lists.

        given: it is the name of a parameter. That says what a number is for this function alone, unless the
        number is an argument of the traced one.
        """
        if isinstance(x, list | tuple | dict):
            key = (id(x), name, self._depth)
            if key in self._met:
                return
            self._met[key] = x  # kept, so that its id stays its own
        walk = [(x, name, 0)]
        while walk:
            x, name, steps = walk.pop()
            if isinstance(x, Traced):
                if x._node.op == "input" or not (given or x._node.op == "constant"):
                    self._note(x._node, name, steps)
            elif isinstance(x, list | tuple | dict) and steps < DEEPEST:
                mark = "_" if steps or name[-1].isdigit() else ""
                parts = x.items() if isinstance(x, dict) else enumerate(x)
                walk += [(part, f"{name}{mark}{key}", steps + 1) for key, part in parts]

    def _note(self, node, name, steps):
        self.outer[node] = min((self._depth, steps, name), self.outer.get(node, (self._depth, steps, name)))
        self.nearest[node] = min(
            (steps, self._depth, name), self.nearest.get(node, (steps, self._depth, name))
        )
