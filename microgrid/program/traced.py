"""Numbers that record what is done with them, while `trace` runs a function once to see what it computes."""

import linecache
import sys
from functools import partialmethod
from pathlib import Path

from ..derivatives import RULES
from ..kinds import TRACED, Operations
from ..methods import OPERATORS
from ..systems import any_number
from .graph import Graph, Node

HERE = str(Path(__file__).parent.parent)
COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")


class Traced(Operations):
    """A number that is not known yet: every operation on it is written down.

    name: the letter it is to have in the program's source; None leaves the choice to `trace`.
    """

    __slots__ = ("_graph", "_node")
    level = TRACED

    def __init__(self, graph: Graph, node: Node):
        self._graph, self._node = graph, node

    @property
    def name(self):
        return self._graph.names.get(self._node)

    @name.setter
    def name(self, name):
        self._graph.names[self._node] = name

    @classmethod
    def apply(cls, name, operands):
        """The row `name` of the table, on operands of which at least one is traced."""
        return _recorded(_graph(operands), name, operands)

    @classmethod
    def fused(cls, name, *lists):
        """An operation of many operands, at least one of them traced; that of softmax is a list."""
        operands = [x for operands in lists for x in operands]
        graph = _graph(operands)
        if name == "softmax":
            nodes = [_node(graph, name, x) for x in operands]
            return [Traced(graph, graph.node(name, *nodes, data=i)) for i in range(len(nodes))]
        return _recorded(graph, name, operands)

    def held(self):
        """The same number as a constant: no gradient goes through it."""
        return _recorded(self._graph, "held", (self,))

    @property
    def data(self):
        raise AttributeError("trace: a traced number has no data, its value is not known yet.")

    def _unknown(self, *_):
        raise TypeError(
            f"trace: a traced number cannot become a plain one, since its value is not known yet; "
            f"got one at {_place()}. Fix: use operators and the functions of microgrid.operations."
        )

    __float__ = __int__ = __index__ = __complex__ = __round__ = _unknown  # pyright: ignore

    def __format__(self, specification):
        return self._unknown() if specification else str(self)

    def __bool__(self):
        return (self != 0).__bool__()

    def _compared(self, operation, other):
        if not isinstance(other, Operations) and any_number(other) is None:
            return NotImplemented
        return Condition(self._graph, _recorded(self._graph, operation, (self, other))._node)

    def __repr__(self):
        return f"Traced({self.name or self._node})"


class Condition:
    """A comparison of traced numbers: whether it holds is not known yet. They combine by &, | and ~."""

    __slots__ = ("_graph", "_node")
    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __init__(self, graph, node):
        self._graph, self._node = graph, node

    def where(self, x, y):
        """x where the condition holds, else y; what is not chosen gets no gradient and is not computed."""
        nodes = [_node(self._graph, "where", operand) for operand in (x, y)]
        return Traced(self._graph, self._graph.node("where", self._node, *nodes))

    def __bool__(self):
        raise TypeError(
            f"trace: a branch on a traced number cannot be recorded, since its value is not known yet; "
            f"got one at {_place()}. Fix: where(condition, x, y) of microgrid.operations records both sides."
        )

    def __eq__(self, other):
        return self.__bool__()

    def __ne__(self, other):
        return self.__bool__()

    def _combined(self, operation, *others):
        nodes = [self._operand(operation, other) for other in others]
        if None in nodes:
            return NotImplemented
        return Condition(self._graph, self._graph.node(operation, self._node, *nodes))

    def _operand(self, operation, other):
        """The node of another condition, or of True or False; None for anything else."""
        if isinstance(other, Condition):
            return _node(self._graph, operation, Traced(other._graph, other._node))
        known = any_number(other)
        return self._graph.constant(int(known)) if isinstance(known, bool) else None

    def __invert__(self):
        return self._combined("not")

    def __and__(self, other):
        return self._combined("and", other)

    def __or__(self, other):
        return self._combined("or", other)

    def __xor__(self, other):
        either, both = self | other, self & other
        return either if either is NotImplemented else either & ~both

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__


def _recorded(graph, operation, operands):
    return Traced(graph, graph.node(operation, *[_node(graph, operation, x) for x in operands]))


def _graph(operands):
    return next(x._graph for x in operands if isinstance(x, Traced))


def _node(graph, operation, x):
    """The node of an operand: a traced number's own, or that of a plain number."""
    if isinstance(x, Traced):
        if x._graph is graph:
            return x._node
        raise TypeError(
            f"{operation}: numbers of two traces must not meet, as they do at {_place()}. "
            f"Fix: pass the outer one to the inner function as an argument."
        )
    if isinstance(x, Operations):
        raise TypeError(
            f"{operation}: a traced function must get every {type(x).__name__} as an argument; "
            f"got {x!r} from outside at {_place()}. Fix: make it an argument, or take its data."
        )
    plain = any_number(x)
    if plain is None:
        raise TypeError(f"{operation}: an operand must be a number; got {x!r}.")
    return graph.constant(int(plain) if isinstance(plain, bool) else plain)


def _place():
    """Where the user's code is: the innermost file and line that is not ours."""
    frame = sys._getframe()
    while frame.f_back and (frame.f_code.co_filename.startswith((HERE, "<microgrid"))):
        frame = frame.f_back
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line).strip()
    text = text if len(text) <= 80 else f"{text[:77]}..."
    return f"{file}, line {line}" + (f" ({text})" if text else "")


def _method(name, reflected=False):
    def method(self, *others):
        if any(not isinstance(x, Operations) and any_number(x) is None for x in others):
            return NotImplemented
        return _recorded(self._graph, name, (*others, self) if reflected else (self, *others))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Records the row `{name}` of derivatives.py."
    return method


for _name, _rule in RULES.items():
    if _name not in OPERATORS:
        setattr(Traced, _name, _method(_name))
        continue
    setattr(Traced, f"__{_name}__", _method(_name))
    if len(_rule.operands) == 2:
        setattr(Traced, f"__r{_name}__", _method(_name, reflected=True))
for _name in COMPARISONS:
    setattr(Traced, f"__{_name}__", partialmethod(Traced._compared, _name))
