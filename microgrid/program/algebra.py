"""Expressions: the texts of derivatives.py as nodes, in the simplest form that every number system agrees on.

Whole numbers are computed, x * 1 and x + 0 are x (though for floats -0.0 + 0 is 0.0), and a condition that is
known leaves one side. x * 0 stays: x may be infinite.
"""

import ast
import operator
from functools import cache

from ..derivatives import RULES
from ..methods import WHOLE
from .graph import Graph, Node

FOLDED = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "neg": operator.neg,
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq,
    "ne": operator.ne, "not": operator.not_, "flows": bool,
}  # fmt: skip
SIGNS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow", ast.USub: "neg",
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne",
    ast.And: "and", ast.Or: "or", ast.Not: "not",
}  # fmt: skip
FLOATS = {  # what functions of the number system come to for floats, where that is short
    "above": "a > b",
    "larger": "a if a > b or a != a else b",
    "power0": "a ** b",
    "quotient": "a / b",
    "quotient0": "a / b",  # a division by 0 is left to Value, which knows when it is meant
    "reciprocal": "1 / b",
    "sign": "1 if a > 0 else -1 if a < 0 else a",
    "smaller": "a if a < b or a != a else b",
    "undecided": "a",
    "wins": "1 if a > b else 0 if a < b else 0.5",
}


class Algebra(Graph):
    """A graph whose nodes are what Python can write: signs, conditions and calls of functions.

    floats: whether all numbers are going to be floats; then functions with a short form for them take it.

    Besides there are `total`, its args added up from left to right; `flows`, whether a gradient is not 0;
    `row`, whose first arg is the value of the row `data` of the table and whose others are its operands;
    `fused`, the same for `data` = (name, slopes), an operation of many operands; and what loops need, below.
    letters: names for nodes that have one in every formula that they are in.
    """

    def __init__(self, floats):
        super().__init__()
        self.floats, self.zero, self.one = floats, self.constant(0), self.constant(1)
        self.letters = {}

    def column(self, loop, source) -> Node:
        """What differs from round to round of a loop; source: Entries, or its place in the loop's tables."""
        node = self.node("column", data=(loop, source))
        node.loop = loop
        return node

    def over(self, loop, start, terms) -> Node:
        """The sum of start and, round by round, all terms."""
        return self._left_behind(self.node("over", start, *terms, data=(loop,)))

    def each(self, loop, terms, like) -> Node:
        """The list with an entry for each round, in which the terms are nested like that."""
        return self._left_behind(self.node("each", *terms, data=(loop, like)))

    def _left_behind(self, node):
        node.loop, node.level = None, 1 + max(arg.level for arg in node.args)
        return node

    def total(self, terms) -> Node:
        """The sum of terms, added up from left to right."""
        terms = [term for term in terms if term is not self.zero]
        if len(terms) > 2:
            return self.node("total", *terms)
        return self.make("add", *terms) if len(terms) == 2 else terms[0] if terms else self.zero

    def row(self, name, *operands) -> Node:
        """The value of a row of the table, as a node that knows its slopes."""
        rule = RULES[name]
        text = FLOATS.get(name, rule.value) if self.floats else rule.value
        tree = _tree(text)
        itself = isinstance(tree, ast.Call) and ast.unparse(tree.func) in (name, "power")
        if isinstance(tree, ast.BinOp | ast.UnaryOp) or itself:
            value = self.make(name, *operands)
            if self.floats or name not in WHOLE:
                return value
        else:
            value = self.read(text, **dict(zip(rule.operands, operands, strict=True)))
        return self.node("row", value if self.floats else self.make("whole", value), *operands, data=name)

    def read(self, text, **letters) -> Node:
        """The expression of a text in Python, such as "y * sigmoid(-a)", with nodes for its letters."""
        return self._read(_tree(text), letters)

    def _read(self, tree, letters):
        if isinstance(tree, ast.Name):
            return letters[tree.id]
        if isinstance(tree, ast.Constant):
            return self.constant(tree.value)
        if isinstance(tree, ast.Call):
            return self._call(ast.unparse(tree.func), [self._read(arg, letters) for arg in tree.args])
        parts = [part for part in ast.iter_child_nodes(tree) if isinstance(part, ast.expr)]
        args = [self._read(part, letters) for part in parts]
        if isinstance(tree, ast.IfExp):  # its parts are the condition, then both sides
            return self.make("where", *args)
        sign = next(part for part in ast.iter_child_nodes(tree) if type(part) in SIGNS)
        return self.make(SIGNS[type(sign)], *args)

    def _call(self, name, args):
        if name in RULES:
            return self.row(name, *args)
        if self.floats and name in FLOATS:
            return self.read(FLOATS[name], **dict(zip("ab", args, strict=False)))
        return self.make(name, *args)

    def make(self, op, *args) -> Node:
        """The node of an operation, or what that comes to without computing."""
        numbers = [arg.data if arg.op == "constant" and isinstance(arg.data, int) else None for arg in args]
        if op in FOLDED and None not in numbers:
            return self.constant(FOLDED[op](*numbers))
        return self._by_number(op, args, numbers) or self._by_making(op, args) or self.node(op, *args)

    def _by_number(self, op, args, numbers):
        """What an operation comes to because of a whole number among its args; None if to nothing less."""
        match op, *numbers:
            case ("add", 0, _) | ("mul", 1, _):
                return args[1]
            case ("add" | "sub", _, 0) | ("mul" | "truediv" | "pow" | "power0", _, 1):
                return args[0]
            case ("pow" | "power0", _, 0):
                return self.one
            case ("sub", 0, _) | ("mul", -1, _):
                return self.make("neg", args[1])
            case ("mul" | "truediv", _, -1):
                return self.make("neg", args[0])
            case ("where", known, _, _) if known is not None:
                return args[1] if known else args[2]
            case ("and" | "or", known, _) if known is not None:
                return args[1] if known == (op == "and") else args[0]
            case ("and" | "or", _, known) if known is not None:
                return args[0] if known == (op == "and") else args[1]
        return None

    def _by_making(self, op, args):
        """What an operation comes to because of how its args were made; None if to nothing less."""
        made = [arg.op for arg in args]
        match op, *made:
            case ("neg", "neg") | ("not", "not"):
                return args[0].args[0]
            case ("add", _, "neg"):
                return self.make("sub", args[0], args[1].args[0])
            case ("sub", _, "neg"):
                return self.make("add", args[0], args[1].args[0])
            case ("flows", "truediv") if all(arg.op == "constant" for arg in args[0].args):
                return self.make("flows", args[0].args[0])
            case ("where", "not", _, _):
                return self.make("where", args[0].args[0], args[2], args[1])
            case ("where", _, "where", _) if args[1].args[0] is args[0]:
                return self.make("where", args[0], args[1].args[1], args[2])
            case ("where", _, _, _) if args[1] is args[2]:
                return args[1]
        return None


@cache
def _tree(text) -> ast.expr:
    return ast.parse(text, mode="eval").body
