"""The operations of a program one by one, for drawings."""

from typing import Any, NamedTuple

from .graph import reachable
from .writing import ATOM, number_text, written


class Step(NamedTuple):
    """name = operation(operands). operands: names, or plain numbers as text; text: as Python writes it."""

    name: str
    operation: str
    operands: tuple
    text: str


def steps(source):
    """The Steps by which a Source computes its results, inputs first."""
    return [
        Step(source.names.of(node), *_told(source, node))
        for node in reachable(source.survey.results, _operands)
        if node.op != "constant"
    ]


def _told(source, node):
    """The operation, operands and text of a Step."""
    operands, operation = tuple(_text(source, arg)[0] for arg in _operands(node)), _operation(node)
    if operation == "input":
        return operation, (), ""
    if node.op in ("row", "fused", "over", "each"):
        return operation, operands, f"{operation}({', '.join(operands)})"
    args = [
        written(arg, [_text(source, x) for x in arg.args], True) if operation == "dot" and arg.op == "mul"
        else _text(source, arg)
        for arg in node.args
    ]  # fmt: skip
    return operation, operands, written(node, args, True)[0]


def _operands(node):
    """What a node is made of, where a row of the table or a weighted sum is one step."""
    if node.op in ("row", "fused"):
        return node.args[1:]
    if _is_dot(node):
        return [x for arg in node.args for x in (arg.args if arg.op == "mul" else (arg,))]
    return node.args


def _is_dot(node):
    return node.op in ("add", "total") and any(arg.op == "mul" for arg in node.args)


def _operation(node) -> Any:
    if node.op in ("row", "fused"):
        return node.data if node.op == "row" else node.data[0]
    return "dot" if _is_dot(node) else {"column": "input", "over": "total"}.get(node.op, node.op)


def _text(source, node):
    """(text, strength) of an operand."""
    if node.op == "constant":
        return number_text(node.data, True) or (str(node.data), ATOM)
    return source.names.of(node), ATOM
