"""trace: runs a function of numbers once, on numbers that write down what is done with them."""

import inspect

from ..kinds import Operations
from ..structures import Nest, Static, filled, paths, structure
from ..systems import any_number
from .arguments import flattener
from .formulas import Recording
from .graph import Graph
from .letters import Letters
from .names import identifier
from .program import Program
from .traced import Traced


def trace(f, *examples, wrt=0, static=()):
    """Runs f once to see what it computes, and returns it as a Program: straight-line code, compiled.

    f: a function of numbers and of nested lists, tuples and dicts of them, that returns such. It may use
        operators, the functions of microgrid.operations and the formulas of microgrid, but not branch on a
        number that it gets: `where` chooses.
    examples: one for each argument; only their structure counts. What is no number in them (text, functions,
        True, None) is static: the program is right for that one alone, and takes no other.
    wrt: the argument, or the tuple of arguments, to differentiate by. static: the places of arguments whose
        numbers are fixed, too, such as integer labels.
    Raises TypeError for a branch on a number, and for a Value that f uses but does not get as an argument.

    >>> program = trace(lambda x: x[0] * x[1], [1.0, 1.0])
    >>> program([2.0, 3.0]), program.value_and_grad([2.0, 3.0])
    (6.0, (6.0, [3.0, 2.0]))
    """
    if not callable(f):
        raise TypeError(f"trace: f must be a function; got {f!r}.")
    fixed = static if isinstance(static, tuple | list) else (static,)
    if any(type(i) is not int or not 0 <= i < len(examples) for i in fixed):
        raise ValueError(f"trace: static must be places of arguments; got {static!r}.")
    parts = [Static(x) if i in fixed else structure(x, "trace: an example") for i, x in enumerate(examples)]
    like = Nest(tuple, range(len(parts)), parts)
    graph, letters = Graph(), Letters()
    args = filled(like, iter([Traced(graph, graph.node("input", data=path)) for path in paths(like)]))
    with letters:
        result = f(*args)
    title = identifier(getattr(f, "__name__", None)) or "f"
    results = structure(result, f"trace: what {title} returns", statics=False)
    outputs = [_output(title, graph, x) for x in flattener(results)(result)]
    parameters = _parameters(f, len(parts))
    return Program(f, Recording(title, parameters, like, outputs, results, letters, graph.names), wrt)


def _output(title, graph, x):
    """The node of a number that the function returned."""
    if isinstance(x, Traced) and x._graph is graph:
        return x._node
    if isinstance(x, Operations):
        raise TypeError(
            f"trace: {title} must return what it computed from its arguments; got {x!r} from outside. "
            f"Fix: make it an argument."
        )
    return graph.constant(any_number(x))


def _parameters(f, count):
    """The names of the arguments."""
    try:
        signature = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # some functions written in C do not tell
        signature = ()
    names = [p.name for p in signature if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in signature if p.kind is p.VAR_POSITIONAL), "x")
    names = [identifier(name) or f"x{i}" for i, name in enumerate(names[:count])]
    return names + [f"{rest}{i}" for i in range(count - len(names))]
